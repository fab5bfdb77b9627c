"""ARP requests whose hardware addresses have another length than the interface's (arp_rcv)."""

from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "ARP with a wrong address length"

    def frames(self, bed: Scene) -> Packet:
        frame = Ether(src=bed.tag_mac, dst="ff:ff:ff:ff:ff:ff", type=0x0806)
        asked = ARP(op="who-has", hwsrc=bed.tag_mac, psrc=bed.sender.ipv4, pdst=bed.receiver.ipv4)
        return frame / Raw(bytes(asked).replace(b"\x06\x04", b"\x08\x04", 1))
