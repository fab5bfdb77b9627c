"""A TCP connection whose client says that it has no more to say (shutdown), and then hears the answer to its end."""

import socket

from traffic.situations.parts.tcp import MESSAGE, Connected, Connection


class Case(Connected):
    title = "TCP connections that their client half closes, and whose answer it reads to the end"

    def talk(self, opened: list[Connection]) -> int:
        arrived = 0
        for each in opened:
            each.client.send(b"asked")
            each.client.shutdown(socket.SHUT_WR)
            while each.server.recv(99):
                pass
            each.server.send(MESSAGE)
            each.server.close()
            arrived += each.client.recv(99) == MESSAGE and each.client.recv(99) == b""
            each.client.close()
        return arrived
