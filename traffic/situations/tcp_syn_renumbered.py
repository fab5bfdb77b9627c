"""A second SYN of another sequence number, within the window of the handshake that the first began.

It is answered by a reset, and the handshake is given up (tcp_check_req): neither SYN becomes a connection.
"""

from contextlib import ExitStack

from traffic.counters import snmp
from traffic.scene import Scene
from traffic.situation import Done, waited
from traffic.situations.parts import sending
from traffic.situations.parts.tcp import OfNobody


class Case(OfNobody):
    title = "TCP SYNs of another sequence number while a handshake is half done, which ends it"
    times = 20
    unit = "SYNs"
    source = "net/ipv4/tcp_minisocks.c tcp_check_req (6.18)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        before = snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"]
        sending.send_frames(bed.sender, self._syns(bed, 1000), self.times)
        answered = waited(lambda: snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"] - before == self.times, 5)
        assert answered, "a SYN of the first was not answered"

    def _syns(self, bed: Scene, number: int) -> list[bytes]:
        return [self.segment(bed, 40000 + each, flags="S", seq=number) for each in range(self.times)]

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        return Done(
            sent=self.times, arrived=0, errors=sending.send_frames(bed.sender, self._syns(bed, 1100), self.times)
        )
