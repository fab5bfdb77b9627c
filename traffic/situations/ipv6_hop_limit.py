"""IPv6 to forward whose hop limit is used up (ip6_forward)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.routes import Forwarded


class Case(Forwarded):
    title = "IPv6 to forward whose hop limit has expired"
    needs = ("ipv6",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        self.add_route(bed)

    def frames(self, bed: Scene) -> Packet:
        return self.onward(bed, hlim=1)
