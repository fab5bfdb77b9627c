"""Data to a connection whose server has it in TIME-WAIT: it was long on its way."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, sending, tcp


class Case(Situation):
    title = "TCP data to a connection that is over (TIME-WAIT)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        for side in bed.sides:
            tcp.no_timestamps(side)
        bed.receiver.write_sysctl("net/ipv4/tcp_invalid_ratelimit", 0)
        (connection,) = tcp.connections(bed, 1, undo)
        self._late: Packet = connection.segment(flags="PA") / b"late"
        connection.server.close()
        connection.client.recv(99)
        connection.client.close()
        links.silence(bed.sender)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        return Done(sent=self.times, arrived=0, errors=sending.send_frames(bed.sender, bytes(self._late), self.times))
