"""A ping over IPv4 through a raw socket, whose every request is answered.

The raw socket gets a copy of each reply; the reply itself is then offered to the ICMP datagram sockets ("ping
sockets"), of which there is none.
"""

import socket
import struct
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation

ECHO_REQUEST, ECHO_REPLY = 8, 0
IDENTITY = 0x6265
TIMEOUT_S = 2.0


class Case(Situation):
    title = "ping by a raw socket, answered"
    source = "net/ipv4/icmp.c icmp_rcv, net/ipv4/ping.c ping_rcv (6.18)"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        pinging = undo.enter_context(
            bed.sender.run(socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        )
        pinging.settimeout(TIMEOUT_S)
        arrived = 0
        for number in range(self.times):
            pinging.sendto(_request(number), (bed.receiver.ipv4, 0))
            answer = pinging.recv(4096)[20:]
            arrived += answer[0] == ECHO_REPLY and answer[4:] == _request(number)[4:]
        return Done(sent=self.times, arrived=arrived)


def _request(number: int) -> bytes:
    """Write an echo request without data (RFC 792)."""
    total = (ECHO_REQUEST << 8) + IDENTITY + number
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, 0xFFFF - total, IDENTITY, number)
