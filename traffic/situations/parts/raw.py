"""Raw sockets that nobody reads."""

import socket
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts import capture, links, sending
from traffic.situations.parts.frames import FramesSent


class Full(FramesSent):
    """Packets to a raw socket of the receiver's that has room for few, and is meant here by what arrives."""

    protocol: int

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.answer_all(bed.receiver)
        self._raw = undo.enter_context(bed.receiver.run(self._open))

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed) / bytes(1000)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        done = super().do(bed, undo)
        return Done(sent=self.times, arrived=sending.take_all(self._raw), errors=done.errors)

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, self.protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, capture.SMALLEST_BUFFER)
        return opened
