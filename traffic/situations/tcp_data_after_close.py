"""A TCP client goes on sending to a server that has closed: each connection's data is answered by a reset.

By then the client has acknowledged that the server has closed, and the server's end is no socket any more but waits, as
in TIME-WAIT (tcp_timewait_state_process). What comes before that, within a delayed acknowledgement of at most 0.2 s,
finds the socket, and has a reason; so does what comes to one that was acknowledged while it was being closed.
"""

import time
from collections.abc import Mapping

from traffic.situation import Range
from traffic.situations.parts.tcp import MESSAGE, Connected, Connection

LONGER_THAN_A_DELAYED_ACK_S = 0.5


class Case(Connected):
    title = "TCP data to a server that has closed its socket half a second before"
    source = "net/ipv4/tcp_minisocks.c tcp_timewait_state_process (6.18)"

    varies: Mapping[str, Range] = {
        "NOT_SPECIFIED": (1, 20),
        "TCP_ABORT_ON_DATA": (0, 19),
        "receiver TcpExt.TCPAbortOnData": (0, 19),
    }

    def talk(self, opened: list[Connection]) -> int:
        for each in opened:
            each.server.close()
        time.sleep(LONGER_THAN_A_DELAYED_ACK_S)
        for each in opened:
            each.client.send(MESSAGE)
        return 0
