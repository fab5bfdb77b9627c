"""UDP to a socket whose receive buffer is full, because its owner does not read.

The set-up fills the buffer, with frames that do not carry the tag: those are dropped when the socket closes, as
NOT_SPECIFIED, and must not be counted. From then on every frame of the same size finds no room.
"""

import socket
from contextlib import ExitStack

from bpf.errors import CannotRun
from traffic.counters import snmp
from traffic.recipe import UDP, DropKind, Testbed, ipv4
from traffic.senders.packet import PacketSender

PORT = 15
SMALLEST_BUFFER = 1  # bytes; the kernel makes it SOCK_MIN_RCVBUF
MOST_FRAMES = 4096  # no smallest buffer holds so many


class Kind(DropKind):
    summary = "UDP to a socket whose receive buffer is full"
    reasons = ("SOCKET_RCVBUFF",)
    counters = ("Udp.RcvbufErrors", "Udp.InErrors")
    senders = ("packet",)

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        def listen() -> socket.socket:
            sleeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
            sleeper.bind((bed.receiver.ipv4, PORT))
            return sleeper

        undo.enter_context(bed.receiver.run(listen))
        frame = self.frames(bed)[0]
        untagged = frame[:6] + bytes.fromhex(bed.sender.mac.replace(":", "")) + frame[12:]
        before = snmp(bed.receiver, "Udp.RcvbufErrors")
        bed.sender.run(_send, bed, untagged, MOST_FRAMES)
        if snmp(bed.receiver, "Udp.RcvbufErrors") == before:
            raise CannotRun(
                f"a receive buffer of the smallest size took {MOST_FRAMES} packets and was not full",
                "lower net.core.rmem_min of this kernel, or report it: this kind expects SOCK_MIN_RCVBUF",
            )

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=PORT) / b"no room")]


def _send(bed: Testbed, frame: bytes, count: int) -> None:
    with PacketSender(bed.sender.outlet, [frame]) as sender:
        for _ in range(count // sender.max_burst):
            sender.send(sender.max_burst)
