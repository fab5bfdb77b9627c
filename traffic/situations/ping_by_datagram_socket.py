"""A ping by an ICMP datagram socket, answered: the same packets as those of `ping_raw`, and the reply has an owner."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import ping


class Case(Situation):
    title = "a ping by an ICMP datagram socket; each is answered"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.sender.write_sysctl("net/ipv4/ping_group_range", "0 0")

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        return Done(sent=self.times, arrived=ping.answered(bed.sender, bed.receiver.ipv4, self.times, raw=False))
