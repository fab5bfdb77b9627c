"""TCP connections to a closed port, each refused by a reset: the SYN is a drop there, and the reset is none here."""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation

PORT = 33


class Case(Situation):
    title = "TCP connections that a closed port refuses, with a client that hears of it"
    times = 20

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        refused = bed.sender.run(lambda: [_connect(bed.receiver.ipv4) for _ in range(self.times)])
        return Done(sent=self.times, arrived=0, errors={"ECONNREFUSED": sum(refused)})


def _connect(address: str) -> bool:
    with socket.socket() as client:
        try:
            client.connect((address, PORT))
        except ConnectionRefusedError:
            return True
    return False
