"""Datagrams to a neighbour that does not answer: they wait until its resolution fails (neigh_invalidate)."""

from traffic.situations.parts import neighbours


class Case(neighbours.Unanswered):
    title = "datagrams to a neighbour that does not answer"
    source = "net/ipv4/arp.c arp_error_report (6.12)"
