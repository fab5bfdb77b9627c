"""ICMP with a wrong checksum (icmp_rcv)."""

from scapy.layers.inet import ICMP
from scapy.packet import Packet

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "ICMP with a wrong checksum"

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed) / ICMP(chksum=0xDEAD) / b"garbled"
