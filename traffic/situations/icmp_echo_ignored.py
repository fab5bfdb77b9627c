"""Echo requests to a host that was told to ignore them (icmp_echo_ignore_all; icmp_echo)."""

from contextlib import ExitStack

from scapy.layers.inet import ICMP
from scapy.packet import Packet

from traffic.recipe import ipv4
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "echo requests to a host that ignores them"
    source = "net/ipv4/icmp.c icmp_echo returns SKB_NOT_DROPPED_YET (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.write_sysctl("net/ipv4/icmp_echo_ignore_all", 1)

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed, src=bed.sender.ipv4) / ICMP() / b"are you there?"
