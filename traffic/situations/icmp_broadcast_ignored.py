"""Echo requests to the broadcast address, which no host answers by default (icmp_echo_ignore_broadcasts, icmp_rcv)."""

from scapy.layers.inet import ICMP
from scapy.packet import Packet

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "echo requests to the broadcast address"
    source = "net/ipv4/icmp.c icmp_rcv (6.12)"

    def frames(self, bed: Scene) -> Packet:
        frame = ipv4(bed, src=bed.sender.ipv4, dst="255.255.255.255") / ICMP() / b"is anybody there?"
        frame.dst = "ff:ff:ff:ff:ff:ff"
        return frame
