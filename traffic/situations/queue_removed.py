"""Datagrams that wait in a queue discipline when it is taken away (qdisc_reset)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import queues, sending


class Case(Situation):
    title = "datagrams in a queue that is taken away"
    source = "include/net/sch_generic.h __qdisc_reset_queue (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        queues.shape(bed.sender, "pfifo", limit=1000)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = undo.enter_context(sending.listening(bed.receiver, 9))
        errors = sending.send_datagrams(bed.sender, (bed.receiver.ipv4, 9), self.times, bytes(1000))
        bed.sender.netlink(lambda route: route.tc("del", index=bed.sender.ifindex, handle=queues.ROOT, root=True))
        return Done(sent=self.times, arrived=sending.take_all(reader), errors=errors)
