"""A TCP client goes on sending to a server that has closed: each connection's data is answered by a reset."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import tcp


class Case(Situation):
    title = "TCP data to a server that has closed its socket"
    times = 20

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        opened = tcp.connections(bed, self.times, undo)
        for each in opened:
            each.server.close()
        for each in opened:
            each.client.send(b"too late")
        return Done(sent=self.times, arrived=0)
