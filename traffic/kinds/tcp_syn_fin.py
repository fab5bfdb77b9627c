"""A TCP segment with SYN and FIN, as port scanners send it, to a port that is listened on (tcp_rcv_state_process)."""

import socket
from contextlib import ExitStack

from traffic.recipe import TCP, DropKind, Testbed, ipv4

PORT = 19


class Kind(DropKind):
    summary = "TCP with SYN and FIN to a listening port"
    reasons = ("TCP_FLAGS",)
    counters = ("Tcp.InSegs",)
    senders = ("packet", "xdp")

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        undo.enter_context(bed.receiver.run(socket.create_server, (bed.receiver.ipv4, PORT)))

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / TCP(sport=40000, dport=PORT, flags="SF", seq=1))]
