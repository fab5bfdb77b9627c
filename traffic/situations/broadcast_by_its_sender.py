"""A UDP broadcast that reaches its reader, seen by its own sender.

The kernel hands the sender's host a copy, which nobody there reads (ip_mc_output).
"""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, sending

PORT, BROADCAST = 30, "198.18.0.3"  # of the testbed's /30


class Case(Situation):
    title = "UDP broadcasts that reach their reader; the sender's own host has none"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        self._reader = undo.enter_context(sending.listening(bed.receiver, PORT, "0.0.0.0"))
        for side in bed.sides:
            links.add_broadcast(side, BROADCAST)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        told = sending.send_datagrams(bed.sender, (BROADCAST, PORT), self.times)
        return Done(sent=self.times, arrived=sending.take_all(self._reader), errors=told)
