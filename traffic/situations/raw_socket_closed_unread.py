"""UDP that its own socket reads, with copies in a raw socket that is closed unread (inet_sock_destruct)."""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "UDP that its own socket reads, to a raw socket that is closed unread"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        raw = bed.receiver.run(socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        done = super().do(bed, undo)
        bed.receiver.run(raw.close)
        return Done(sent=self.times, arrived=0, errors=done.errors)
