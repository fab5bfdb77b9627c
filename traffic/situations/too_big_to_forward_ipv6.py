"""IPv6 packets to forward by a route whose MTU they exceed (ip6_forward)."""

from traffic.situations.parts.routes import TooBig


class Case(TooBig):
    title = "IPv6 packets to forward, too big for the next link"
    needs = ("ipv6",)
