"""IPv6 packets to forward, to a network that a route swallows."""

from traffic.situations.parts.routes import ForwardedByRoute


class Case(ForwardedByRoute):
    title = "IPv6 packets to forward, whose route is of type blackhole"
    route_type = "blackhole"
    needs = ("ipv6",)
