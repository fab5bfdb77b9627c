"""A TCP client resets a connection whose server has not read yet: it can still read the data.

Only what is still on its way, or in the client's own queue, goes with a reset (tcp_reset, tcp_recvmsg_locked).
"""

import socket

from traffic.situations.parts.tcp import BY_RESET, MESSAGE, Connected, Connection


class Case(Connected):
    title = "TCP data that is unread when the client resets the connection"

    def talk(self, opened: list[Connection]) -> int:
        for each in opened:
            each.client.send(MESSAGE)
            each.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BY_RESET)
            each.client.close()
        arrived = sum(_heard(each.server) == MESSAGE for each in opened)
        for each in opened:
            each.server.close()
        return arrived


def _heard(reader: socket.socket) -> bytes:
    try:
        return reader.recv(99)
    except ConnectionResetError:
        return b""
