"""IPv6 with a hop-by-hop option that is unknown, and says that the packet is then to be discarded (RFC 8200, 4.2)."""

from scapy.layers.inet6 import HBHOptUnknown, IPv6ExtHdrHopByHop
from scapy.packet import Packet

from traffic.recipe import UDP, ipv6
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent

DISCARD_SILENTLY = 0x5E  # RFC 3692's, for experiments; its two highest bits are 01


class Case(FramesSent):
    title = "IPv6 with an unknown hop-by-hop option"
    needs = ("ipv6",)

    def frames(self, bed: Scene) -> Packet:
        option = HBHOptUnknown(otype=DISCARD_SILENTLY, optdata=bytes(4))
        return ipv6(bed) / IPv6ExtHdrHopByHop(options=[option]) / UDP(sport=40000, dport=9)
