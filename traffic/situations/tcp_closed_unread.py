"""TCP data that is acknowledged, and lies in the server's queue unread, when it closes.

What is queued is freed as what was read would be, without a drop, and the connection is reset (RFC 2525, 2.17).
"""

from traffic.situations.parts.tcp import MESSAGE, Connected, Connection


class Case(Connected):
    title = "TCP data that is acknowledged and unread when the server closes"
    source = "net/ipv4/tcp.c __tcp_close (6.12)"

    def talk(self, opened: list[Connection]) -> int:
        for each in opened:
            each.client.send(MESSAGE)
            each.server.close()
        return 0
