"""IPv4 packets to forward, to a network that a route swallows (ip_error)."""

from traffic.situations.parts.routes import ForwardedByRoute


class Case(ForwardedByRoute):
    title = "IPv4 packets to forward, whose route is of type blackhole"
    route_type = "blackhole"
