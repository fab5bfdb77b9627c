"""The same as fragments_doubled, over IPv6."""

from traffic.situations import fragments_doubled


class Case(fragments_doubled.Case):
    title = "IPv6 fragments that come twice, and whose datagrams are read"
    needs = ("ipv6",)
