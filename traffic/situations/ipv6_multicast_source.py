"""IPv6 from a multicast address, on a wire (ip6_rcv_core)."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP over IPv6 from a multicast address (a martian)"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed, src="ff02::1")
