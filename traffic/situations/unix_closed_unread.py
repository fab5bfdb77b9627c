"""Datagrams between Unix sockets that are queued when their reader closes: no packets, but socket buffers."""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation


class Case(Situation):
    title = "datagrams queued at a Unix socket when it is closed"
    times = 8  # net.unix.max_dgram_qlen is 10

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        writer, reader = bed.receiver.run(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
        with writer:
            for _ in range(self.times):
                writer.send(b"unread")
            reader.close()
        return Done(sent=self.times, arrived=0)
