"""An ordinary TCP connection that its client closes first, and its server at once upon that.

What lies in the receive queue of a socket that goes is purged as if it were a drop, and a FIN lies there too.
"""

from traffic.situations.parts.tcp import MESSAGE, Connected, Connection


class Case(Connected):
    title = "TCP connections whose client closes first, and whose server closes at once"
    source = "net/core/stream.c sk_stream_kill_queues (6.12)"

    def talk(self, opened: list[Connection]) -> int:
        arrived = 0
        for each in opened:
            each.client.send(MESSAGE)
            each.client.close()
            arrived += each.server.recv(99) == MESSAGE and each.server.recv(99) == b""
            each.server.close()
        return arrived
