"""An IEEE 802.3 frame, with a length in the place of the EtherType and SNAP in it, of no protocol that is there."""

from scapy.packet import Packet, Raw

from traffic.recipe import ether
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel

SNAP = bytes.fromhex("aaaa03 000000 0000") + bytes(40)  # IEEE 802, 9.3


class Case(FramesForKernel):
    title = "IEEE 802.3 frames (SNAP) of an unknown protocol"

    def frames(self, bed: Scene) -> Packet:
        return ether(bed, type=len(SNAP)) / Raw(SNAP)
