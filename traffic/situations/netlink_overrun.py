"""A netlink socket whose owner does not read: links are set up and down, and the messages of that find no room.

netlink_overrun counts them, tells the socket once (ENOBUFS), and do_one_broadcast frees no packet: there is no event.
"""

import socket
from contextlib import ExitStack

from pyroute2 import IPRoute

from traffic.scene import Scene
from traffic.situation import Done, Situation

RTMGRP_IPV4_ROUTE = 0x40  # include/uapi/linux/rtnetlink.h
SMALLEST_BUFFER = 1
ADDED = "203.0.113.{}/32"


class Case(Situation):
    title = "messages to a netlink socket that is not read and is full"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        listener = undo.enter_context(bed.receiver.run(_listen))

        def add_routes(route: IPRoute) -> None:
            for number in range(self.times):
                route.route("add", dst=ADDED.format(number), oif=bed.receiver.ifindex)

        bed.receiver.netlink(add_routes)
        heard, overruns = _drain(listener)
        return Done(sent=self.times, arrived=heard, errors={"ENOBUFS": overruns})


def _listen() -> socket.socket:
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
    listener.bind((0, RTMGRP_IPV4_ROUTE))
    listener.setblocking(False)
    return listener


def _drain(listener: socket.socket) -> tuple[int, int]:
    heard = overruns = 0
    while True:
        try:
            listener.recv(1 << 16)
            heard += 1
        except BlockingIOError:
            return heard, overruns
        except OSError:
            overruns += 1
