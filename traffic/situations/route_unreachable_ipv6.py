"""IPv6 packets to forward, to a network that a route calls unreachable."""

from traffic.situations.parts.routes import ForwardedByRoute


class Case(ForwardedByRoute):
    title = "IPv6 packets to forward, whose route is of type unreachable"
    route_type = "unreachable"
    needs = ("ipv6",)
