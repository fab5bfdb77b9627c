"""An ordinary connection over IPv4 that its client closes first, and its server at once after it.

The server's end has taken the client's FIN into its receive queue, empty as it is; what lies there when the socket goes
is purged as if it were a drop (net/ipv4/af_inet.c inet_sock_destruct).
"""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation

PORT = 7001
TEXT = b"all of this arrives"


class Case(Situation):
    title = "a TCP connection whose client closes first"
    unit = "bytes"
    source = "net/ipv4/af_inet.c inet_sock_destruct (6.18)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        self._server = undo.enter_context(bed.receiver.run(socket.create_server, (bed.receiver.ipv4, PORT)))

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        arrived = 0
        for _ in range(self.times):
            with bed.sender.run(socket.create_connection, (bed.receiver.ipv4, PORT)) as client:
                accepted, _address = self._server.accept()
                with accepted:
                    client.sendall(TEXT)
                    client.close()
                    while got := accepted.recv(4096):
                        arrived += len(got)
        return Done(sent=self.times * len(TEXT), arrived=arrived)
