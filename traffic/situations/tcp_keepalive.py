"""Idle TCP connections that are kept alive: each probe is outside of the window, so that it is answered.

A probe repeats the last byte that was acknowledged (tcp_xmit_probe_skb), which tcp_validate_incoming drops.
"""

import socket
import time

from traffic.situations.parts.tcp import MESSAGE, Connected, Connection

IDLE_S = 1  # the least there is; the next probe is due an hour later
INTERVAL_S = 3600


class Case(Connected):
    title = "idle TCP connections, each with one keepalive probe that is answered"

    def talk(self, opened: list[Connection]) -> int:
        for each in opened:
            each.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S)
            each.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, INTERVAL_S)
            each.client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        time.sleep(2 * IDLE_S)
        for each in opened:
            each.client.send(MESSAGE)
        return sum(each.server.recv(99) == MESSAGE for each in opened)
