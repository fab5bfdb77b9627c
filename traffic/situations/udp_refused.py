"""Datagrams to a closed port from a socket that is connected, and hears so (ECONNREFUSED), once for each ICMP error."""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links


class Case(Situation):
    title = "datagrams to a closed port, each answered by an ICMP error that the sender hears"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.answer_all(bed.receiver)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        return Done(
            sent=self.times, arrived=0, errors={"ECONNREFUSED": bed.sender.run(self._refused, bed.receiver.ipv4)}
        )

    def _refused(self, address: str) -> int:
        refused = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
            opened.connect((address, 9))
            opened.settimeout(1.0)
            for _ in range(self.times):
                opened.send(b"anybody?")
                try:
                    opened.recv(99)
                except ConnectionRefusedError:
                    refused += 1
        return refused
