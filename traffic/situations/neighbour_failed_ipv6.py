"""Datagrams over IPv6 to a neighbour that does not answer: they wait until its resolution fails (neigh_invalidate)."""

from traffic.situations.parts import neighbours


class Case(neighbours.Unanswered):
    title = "datagrams over IPv6 to a neighbour that does not answer"
    needs = ("ipv6",)
