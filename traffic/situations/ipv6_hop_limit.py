"""IPv6 to forward whose hop limit is used up (ip6_forward)."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.routes import Forwarded


class Case(Forwarded):
    title = "IPv6 to forward whose hop limit has expired"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed, dst=bed.sender.ipv6, hlim=1)
