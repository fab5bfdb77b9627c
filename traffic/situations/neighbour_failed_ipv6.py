"""Datagrams over IPv6 to a neighbour that does not answer: they wait until its resolution fails (neigh_invalidate)."""

from traffic.situations.parts import neighbours


class Case(neighbours.Unanswered):
    title = "datagrams over IPv6 to a neighbour that does not answer"
    source = "net/ipv6/ndisc.c ndisc_error_report: kfree_skb, without a reason (6.12)"
    needs = ("ipv6",)
