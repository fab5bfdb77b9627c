"""Frames to 01:80:c2:00:00:01, as a switch sends to pause its neighbour: no bridge passes them on (br_handle_frame)."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import bridge


class Case(bridge.Bridged):
    title = "frames into a bridge for the address of pause frames"

    def frame(self, bed: Scene) -> Packet:
        return self.addressed(bed, "01:80:c2:00:00:01")
