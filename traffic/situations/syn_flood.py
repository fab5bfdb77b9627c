"""SYNs to a listener whose queue of accepted connections is full.

tcp_conn_request finds no room, counts, and returns as if all had gone well: the SYN is consumed, which is no drop.
"""

import socket
from contextlib import ExitStack

from traffic.recipe import TCP, ipv4
from traffic.scene import Scene
from traffic.senders.packet import PacketSender
from traffic.situation import Done, Situation

PORT = 7002
LISTEN = 1
TIMEOUT_S = 2.0


class Case(Situation):
    title = "SYNs to a listener whose queue is full"
    times = 64
    unit = "connections"
    source = "net/ipv4/tcp_input.c tcp_conn_request (6.18)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        address = bed.receiver.ipv4, PORT
        undo.enter_context(bed.receiver.run(socket.create_server, address, backlog=LISTEN))
        for _ in range(LISTEN + 1):
            undo.enter_context(bed.sender.run(socket.create_connection, address, timeout=TIMEOUT_S))

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        frames = [bytes(ipv4(bed) / TCP(sport=20000 + each, dport=PORT, flags="S")) for each in range(self.times)]

        def send() -> int:
            with PacketSender(bed.sender.outlet, frames) as sender:
                return sender.send(self.times)

        return Done(sent=bed.sender.run(send), arrived=0)
