"""A ping over IPv4 through a raw socket, whose every request is answered.

The raw socket gets a copy of each reply; the reply itself is then offered to the ICMP datagram sockets ("ping
sockets"), of which there is none.
"""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import ping


class Case(Situation):
    title = "ping by a raw socket, answered"
    source = "net/ipv4/icmp.c icmp_rcv, net/ipv4/ping.c ping_rcv (6.18)"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        return Done(sent=self.times, arrived=ping.answered(bed.sender, bed.receiver.ipv4, self.times, raw=True))
