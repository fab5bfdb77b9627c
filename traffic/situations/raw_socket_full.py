"""UDP that its own socket reads, beside a raw socket that is full: the raw socket's copies are lost, and nothing tells.

The copies that find no room are let go of as if they had been read; the count is the socket's own, in /proc/net/raw.
"""

import socket
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts import capture, sending
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP that its own socket reads, to a raw socket that is full"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        self._raw = undo.enter_context(bed.receiver.run(_open))

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed) / bytes(1000)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        done = super().do(bed, undo)
        return Done(sent=self.times, arrived=sending.take_all(self._raw), errors=done.errors)


def _open() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, capture.SMALLEST_BUFFER)
    return opened
