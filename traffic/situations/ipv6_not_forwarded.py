"""IPv6 for somebody else, by a route that a host has which does not forward (ip6_forward)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts.routes import Forwarded


class Case(Forwarded):
    title = "IPv6 for somebody else, to a host that does not forward"
    needs = ("ipv6",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        self.add_route(bed)
