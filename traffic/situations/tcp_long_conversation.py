"""TCP with a megabyte each way on one connection: nothing is dropped, though much is acknowledged together."""

import socket

from traffic.situations.parts.tcp import Connected, Connection

ROUNDS, BYTES = 32, 32 << 10  # each fits into the buffers that a connection begins with


class Case(Connected):
    title = "TCP with a megabyte each way on one connection"
    times = 1

    def talk(self, opened: list[Connection]) -> int:
        (connection,) = opened
        told = sum(_say(*ends) for _ in range(ROUNDS) for ends in (connection.ends, connection.ends[::-1]))
        connection.client.close()
        connection.server.close()
        return int(told == 2 * ROUNDS * BYTES)


def _say(speaker: socket.socket, listener: socket.socket) -> int:
    speaker.sendall(bytes(BYTES))
    heard = 0
    while heard < BYTES:
        heard += len(listener.recv(BYTES - heard))
    return heard
