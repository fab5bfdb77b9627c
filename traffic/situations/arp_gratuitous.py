"""ARP announcements of another host's address, as it sends when it comes up or takes an address over (arp_process)."""

from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel

ANOTHER = "198.18.0.77"


class Case(FramesForKernel):
    title = "ARP announcements of another host (gratuitous ARP)"
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        frame = Ether(src=bed.tag_mac, dst="ff:ff:ff:ff:ff:ff")
        return frame / ARP(op="who-has", hwsrc=bed.tag_mac, psrc=ANOTHER, pdst=ANOTHER)
