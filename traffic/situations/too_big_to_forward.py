"""IPv4 packets that may not be fragmented, to forward by a route whose MTU they exceed (ip_forward)."""

from traffic.situations.parts.routes import TooBig


class Case(TooBig):
    title = "IPv4 packets with DF to forward, too big for the next link"
