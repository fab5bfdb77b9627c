"""A TCP client goes on sending to a server that has closed: each connection's data is answered by a reset."""

from traffic.situations.parts.tcp import MESSAGE, Connected, Connection


class Case(Connected):
    title = "TCP data to a server that has closed its socket"

    def talk(self, opened: list[Connection]) -> int:
        for each in opened:
            each.server.close()
        for each in opened:
            each.client.send(MESSAGE)
        return 0
