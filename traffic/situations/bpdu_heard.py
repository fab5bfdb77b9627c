"""Frames of the spanning tree protocol, as a switch sends every two seconds, to a host that is no bridge."""

from scapy.packet import Packet, Raw

from traffic.recipe import ether
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel

BPDU = bytes.fromhex("424203 0000 00 00") + bytes(35)  # LLC, and an IEEE 802.1D configuration


class Case(FramesForKernel):
    title = "spanning tree frames (BPDU) to a host that is no bridge"
    harmless = True

    def frames(self, bed: Scene) -> Packet:
        return ether(bed, dst="01:80:c2:00:00:00", type=len(BPDU)) / Raw(BPDU)
