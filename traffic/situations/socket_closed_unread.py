"""UDP datagrams that lie in a socket's queue, delivered as the counters say, when their reader closes it."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending

PORT = 31


class Case(Situation):
    title = "UDP datagrams that are queued at a socket when it is closed"
    source = "net/ipv4/udp.c udp_destruct_common: kfree_skb, without a reason (6.12)"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = sending.listening(bed.receiver, PORT)
        told = sending.send_datagrams(bed.sender, (bed.receiver.ipv4, PORT), self.times)
        reader.close()
        return Done(sent=self.times, arrived=0, errors=told)
