"""UDP over IPv6 whose checksum is 0, "none computed": allowed over IPv4, and only there (RFC 8200, 8.1)."""

from scapy.layers.inet import UDP
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP over IPv6 without a checksum"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        packet = self.packet(bed)
        packet[UDP].chksum = 0
        return packet / b"situation"
