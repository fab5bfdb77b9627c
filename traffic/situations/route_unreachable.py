"""IPv4 packets to forward, to a network that a route calls unreachable (ip_error)."""

from traffic.situations.parts.routes import ForwardedByRoute


class Case(ForwardedByRoute):
    title = "IPv4 packets to forward, whose route is of type unreachable"
    route_type = "unreachable"
