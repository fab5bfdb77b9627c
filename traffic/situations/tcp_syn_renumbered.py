"""A second SYN of another sequence number, within the window of the handshake that the first began.

It is answered by a reset, and the handshake is given up (tcp_check_req): neither SYN becomes a connection.
"""

from contextlib import ExitStack

from bpf.errors import CannotRun
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

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        # The second follows at once: a handshake stays half done for a second, and coming to rest may take longer.
        first, second = (
            [self.segment(bed, 40000 + each, flags="S", seq=number) for each in range(self.times)]
            for number in (1000, 1100)
        )
        before = snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"]
        sending.send_frames(bed.sender, first, self.times)
        if not waited(lambda: snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"] - before >= self.times, 5):
            raise CannotRun("the first SYNs were not answered within 5 s", "try again")
        return Done(sent=self.times, arrived=0, errors=sending.send_frames(bed.sender, second, self.times))
