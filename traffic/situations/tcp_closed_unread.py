"""TCP data that is acknowledged, and lies in the server's queue unread, when it closes.

tcp_close frees what is queued as it would have freed what was read, and sends a reset (RFC 2525, 2.17).
"""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import tcp


class Case(Situation):
    title = "TCP data that is acknowledged and unread when the server closes"
    times = 20

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        for each in tcp.connections(bed, self.times, undo):
            each.client.send(b"never read")
            each.server.close()
        return Done(sent=self.times, arrived=0)
