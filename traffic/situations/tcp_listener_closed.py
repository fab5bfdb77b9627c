"""Connections that are complete, and that nobody accepted, when their listener closes: each gets a reset."""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import tcp


class Case(Situation):
    title = "TCP connections with data, not accepted when their listener closes"
    unit = "connections"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        listener = tcp.listen(bed.receiver)
        for _ in range(self.times):
            client = undo.enter_context(bed.sender.run(socket.create_connection, listener.getsockname(), 2.0))
            client.send(b"anybody?")
        bed.receiver.run(listener.close)
        return Done(sent=self.times, arrived=0)
