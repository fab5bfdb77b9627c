"""TCP connections whose client closes first, and whose server closes when the FIN is long acknowledged.

The delayed ACK of the FIN goes out after some 40 ms (TCP_DELACK_MIN); from then on the last segment of the connection
is another one.
"""

import time

from traffic.situations.parts.tcp import MESSAGE, Connected, Connection

LONGER_THAN_A_DELAYED_ACK_S = 0.5


class Case(Connected):
    title = "TCP connections whose client closes first, and whose server closes half a second later"

    def talk(self, opened: list[Connection]) -> int:
        for each in opened:
            each.client.send(MESSAGE)
            each.client.close()
        time.sleep(LONGER_THAN_A_DELAYED_ACK_S)
        arrived = sum(each.server.recv(99) == MESSAGE for each in opened)
        for each in opened:
            each.server.close()
        return arrived
