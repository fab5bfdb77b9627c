"""ICMP of a type that nobody has defined: to be silently discarded (RFC 1122, 3.2.2; icmp_rcv)."""

from scapy.layers.inet import ICMP
from scapy.packet import Packet

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "ICMP of an unknown type"

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed) / ICMP(type=200) / b"what?"
