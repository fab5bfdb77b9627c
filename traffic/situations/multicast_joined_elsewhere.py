"""UDP to a group that the host has joined, for another port: no socket wants it, and nobody is told (RFC 1122)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import multicast
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP to a joined multicast group, on a port without a socket"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        undo.enter_context(multicast.joined(bed.receiver))

    def frames(self, bed: Scene) -> Packet:
        return multicast.addressed(self.packet(bed, dst=multicast.GROUP))
