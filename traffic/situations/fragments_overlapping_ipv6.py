"""The same as fragments_overlapping, over IPv6."""

from traffic.situations import fragments_overlapping


class Case(fragments_overlapping.Case):
    title = "IPv6 fragments that overlap"
    needs = ("ipv6",)
