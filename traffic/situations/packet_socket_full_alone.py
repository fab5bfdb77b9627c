"""A packet socket that is full, of frames that nobody else takes: an EtherType without a protocol (packet_rcv)."""

from scapy.packet import Packet

from traffic.recipe import ether
from traffic.scene import Scene
from traffic.situations.parts import capture

LOCAL_EXPERIMENTAL = 0x88B5  # IEEE 802


class Case(capture.FullBesideReader):
    title = "frames to a full packet socket, which is the only one to take them"
    protocol = LOCAL_EXPERIMENTAL

    def frames(self, bed: Scene) -> Packet:
        return ether(bed, type=LOCAL_EXPERIMENTAL) / bytes(1000)
