"""IPv6 with a routing header of type 0, the source route that was taken back (RFC 5095)."""

from scapy.layers.inet6 import IPv6ExtHdrRouting
from scapy.packet import Packet

from traffic.recipe import UDP, ipv6
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "IPv6 with a routing header of type 0"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        return ipv6(bed) / IPv6ExtHdrRouting(addresses=[bed.receiver.ipv6]) / UDP(sport=40000, dport=9)
