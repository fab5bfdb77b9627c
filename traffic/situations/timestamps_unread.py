"""Datagrams that arrive, of a sender that asked when each left (SO_TIMESTAMPING), and does not look.

The answer is a copy of the packet in the socket's error queue: it is dropped with the socket, and nothing is lost.
"""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending

SO_TIMESTAMPING, TX_SOFTWARE, SOFTWARE = 37, 1 << 1, 1 << 4  # include/uapi/linux/net_tstamp.h


class Case(Situation):
    title = "datagrams that arrive, whose sender leaves their send timestamps unread"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = undo.enter_context(sending.listening(bed.receiver, 9))

        def send() -> None:
            with sending.udp_socket(bed.receiver.ipv4) as opened:
                opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE)
                for _ in range(self.times):
                    opened.sendto(b"when?", (bed.receiver.ipv4, 9))

        bed.sender.run(send)
        return Done(sent=self.times, arrived=sending.take_all(reader))
