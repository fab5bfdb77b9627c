"""The same as fragments_missing, over IPv6."""

from traffic.situations import fragments_missing


class Case(fragments_missing.Case):
    title = "IPv6 fragments whose datagrams are never complete"
    needs = ("ipv6",)
    setting = "net/ipv6/ip6frag_time"
