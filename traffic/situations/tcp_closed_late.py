"""TCP connections whose client closes first, and whose server closes when the FIN is long acknowledged.

The delayed ACK of the FIN goes out after some 40 ms (TCP_DELACK_MIN); from then on the last segment of the connection
is another one.
"""

import time
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import tcp

LONGER_THAN_A_DELAYED_ACK_S = 0.5


class Case(Situation):
    title = "TCP connections whose client closes first, and whose server closes half a second later"
    times = 20

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        opened = tcp.connections(bed, self.times, undo)
        for each in opened:
            each.client.send(b"all that was sent")
            each.client.close()
        time.sleep(LONGER_THAN_A_DELAYED_ACK_S)
        arrived = sum(each.server.recv(99) != b"" for each in opened)
        for each in opened:
            each.server.close()
        return Done(sent=self.times, arrived=arrived)
