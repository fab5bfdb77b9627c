"""A TCP connection whose client closes by a reset (SO_LINGER with 0 s), when all that it sent was read.

Load generators and health checks do so, to leave no TIME-WAIT behind.
"""

import socket

from traffic.situations.parts.tcp import BY_RESET, MESSAGE, Connected, Connection


class Case(Connected):
    title = "TCP connections that their client ends by a reset, when all was read"

    def talk(self, opened: list[Connection]) -> int:
        arrived = 0
        for each in opened:
            each.client.send(MESSAGE)
            arrived += each.server.recv(99) == MESSAGE
            each.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BY_RESET)
            each.client.close()
            each.server.close()
        return arrived
