"""An ordinary TCP connection that its server closes first, as of HTTP without keep-alive, and its client upon that."""

from traffic.situations.parts.tcp import MESSAGE, Connected, Connection


class Case(Connected):
    title = "TCP connections whose server answers and closes first"

    def talk(self, opened: list[Connection]) -> int:
        arrived = 0
        for each in opened:
            each.client.send(b"asked")
            each.server.recv(99)
            each.server.send(MESSAGE)
            each.server.close()
            arrived += each.client.recv(99) == MESSAGE and each.client.recv(99) == b""
            each.client.close()
        return arrived
