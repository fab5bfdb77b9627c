"""ARP requests for an address that another host has: what every host on an Ethernet hears all day (arp_process)."""

from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "ARP requests for another host's address"
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        frame = Ether(src=bed.tag_mac, dst="ff:ff:ff:ff:ff:ff")
        return frame / ARP(op="who-has", hwsrc=bed.tag_mac, psrc=bed.sender.ipv4, pdst="198.18.0.77")
