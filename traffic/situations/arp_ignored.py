"""ARP requests for an address of the host, on an interface that was told not to answer (arp_ignore=8)."""

from contextlib import ExitStack

from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel

ANSWER_NOTHING = 8


class Case(FramesForKernel):
    title = "ARP requests that the host is set to ignore"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.write_sysctl(f"net/ipv4/conf/{bed.receiver.ifname}/arp_ignore", ANSWER_NOTHING)

    def frames(self, bed: Scene) -> Packet:
        frame = Ether(src=bed.tag_mac, dst="ff:ff:ff:ff:ff:ff")
        return frame / ARP(op="who-has", hwsrc=bed.tag_mac, psrc=bed.sender.ipv4, pdst=bed.receiver.ipv4)
