"""Segments forged into a connection that goes on as if nothing had been."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending, tcp

BEFORE, AFTER = b"what was sent before", b"and after"


class Forged(Situation):
    """The same segment again and again, into a connection that has carried data; and then data, which must arrive.

    harmless   whether nobody misses anything, though the segments are not taken: what is in them has arrived
    """

    times = 20
    harmless: bool = False

    def prepare(self, bed: Scene) -> None:
        """Change a setting before the connection is made."""

    def segment(self, connection: tcp.Connection) -> Packet:
        """Forge the segment."""
        raise NotImplementedError

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        for side in bed.sides:
            tcp.no_timestamps(side)
            side.write_sysctl("net/ipv4/tcp_invalid_ratelimit", 0)  # none waits for the last one's answer
        self.prepare(bed)
        (self.connection,) = tcp.connections(bed, 1, undo)
        self.connection.client.send(BEFORE)
        self.connection.server.recv(99)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        frame = bytes(self.segment(self.connection))
        errors = sending.send_frames(bed.sender, frame, self.times)
        self.connection.client.send(AFTER)
        arrived = int(self.connection.server.recv(99) == AFTER) + (self.times if self.harmless else 0)
        return Done(sent=self.times + 1, arrived=arrived, errors=errors)
