"""Datagrams that wait in a queue discipline when it is taken away (qdisc_reset)."""

from contextlib import ExitStack
from types import MappingProxyType

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts import queues, sending


class Case(queues.Waiting):
    title = "datagrams in a queue that is taken away"
    source = "include/net/sch_generic.h __qdisc_reset_queue (6.12)"
    settings = MappingProxyType({"limit": 1000})

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = undo.enter_context(sending.listening(bed.receiver, 9))
        errors = sending.send_datagrams(bed.sender, (bed.receiver.ipv4, 9), self.times, self.payload)
        bed.sender.netlink(lambda route: route.tc("del", index=bed.sender.ifindex, handle=queues.ROOT, root=True))
        return Done(sent=self.times, arrived=sending.take_all(reader), errors=errors)
