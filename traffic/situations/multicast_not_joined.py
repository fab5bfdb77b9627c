"""UDP to a multicast group that the host has not joined, in a frame that its interface takes all the same."""

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import multicast
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP to a multicast group that the host has not joined"

    def frames(self, bed: Scene) -> Packet:
        return multicast.addressed(self.packet(bed, dst=multicast.GROUP))
