"""A ping over IPv6 by a raw socket, answered: the reply itself, of which the socket has a copy, is then nobody's."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import ping


class Case(Situation):
    title = "a ping over IPv6 by a raw socket; each is answered"
    needs = ("ipv6",)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        return Done(sent=self.times, arrived=ping.answered(bed.sender, bed.receiver.ipv6, self.times, raw=True))
