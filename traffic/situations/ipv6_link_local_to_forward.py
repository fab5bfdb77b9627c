"""IPv6 from a link-local address to another network, which no router may forward (RFC 4291, 2.5.6; ip6_forward)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.routes import ADDRESS_IPV6, Forwarded


class Case(Forwarded):
    title = "IPv6 to forward from a link-local address"
    needs = ("ipv6",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        self.add_route(bed)

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed, src="fe80::99", dst=ADDRESS_IPV6)
