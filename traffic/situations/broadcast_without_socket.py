"""A UDP broadcast to a port that nobody listens on: no port unreachable is sent, and it is no NoPorts (RFC 1122)."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "UDP broadcasts to a port without a socket"

    def frames(self, bed: Scene) -> Packet:
        frame = self.packet(bed, dst="255.255.255.255")
        frame.dst = "ff:ff:ff:ff:ff:ff"
        return frame
