"""A SYN from the port of a connection that the server closed first, numbered below what that connection came to.

The socket in TIME-WAIT takes it for an old duplicate (RFC 9293, 3.6.1), and answers by an ACK: no connection is made.
"""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, sending, tcp


class Case(Situation):
    title = "TCP SYNs to a connection that is over (TIME-WAIT), of an older sequence number"
    unit = "SYNs"
    source = "net/ipv4/tcp_minisocks.c tcp_timewait_state_process (6.18)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        for side in bed.sides:
            tcp.no_timestamps(side)
        bed.receiver.write_sysctl("net/ipv4/tcp_invalid_ratelimit", 0)
        undo.enter_context(listener := tcp.listen(bed.receiver))
        connection = tcp.connect(bed, listener)
        _, expected = connection.positions()
        self._syn: Packet = connection.segment(flags="S", seq=(expected - 1000) % (1 << 32), ack=0)
        connection.server.close()
        connection.client.recv(99)
        connection.client.close()
        links.silence(bed.sender)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        return Done(sent=self.times, arrived=0, errors=sending.send_frames(bed.sender, bytes(self._syn), self.times))
