"""UDP through a queue on the sender's way out that is nearly always full: a token bucket of some 160 frames a second.

What the queue has no room for is dropped there (QDISC_DROP) and refused to the sender (ENOBUFS); what gets through
reaches a closed port (NO_SOCKET). So each frame is one drop, and the split is exactly what the sender was told. The
queue holds three frames, and is empty 20 ms after the last.
"""

from __future__ import annotations

from contextlib import ExitStack

from pyroute2 import IPRoute, NetlinkError
from scapy.layers.inet import UDP

from bpf.errors import CannotRun
from traffic.contract import DropKind, Expected
from traffic.counters import qdisc_drops, snmp
from traffic.frames import ipv4
from traffic.testbed import Testbed

BYTES_PER_S = 10_000
BUCKET_BYTES = 1600  # a frame larger than the bucket would never leave
QUEUE_BYTES = 200
FRAME_BYTES = 60
HANDLE = 0x10000  # 1:


class Kind(DropKind):
    summary = "UDP through a full queue on the sender's way out"
    reasons = ("QDISC_DROP", "NO_SOCKET")
    counters = ("sender tbf drops", "Udp.NoPorts")
    refuses = True
    alone_because = "its queue would hold up every other kind's frames"

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        def put_queue(route: IPRoute) -> None:
            route.tc("add", "tbf", bed.sender.ifindex, HANDLE, rate=BYTES_PER_S, burst=BUCKET_BYTES, limit=QUEUE_BYTES)

        try:
            bed.sender.netlink(put_queue)
        except NetlinkError as error:
            raise CannotRun(
                f"no token bucket could be set up ({error})", "boot a kernel with CONFIG_NET_SCH_TBF"
            ) from error
        delete = {"index": bed.sender.ifindex, "handle": HANDLE, "root": True}
        undo.callback(lambda: bed.sender.netlink(lambda route: route.tc("del", **delete)))

    def frames(self, bed: Testbed) -> list[bytes]:
        frame = ipv4(bed) / UDP(sport=40000, dport=9)
        return [bytes(frame / bytes(FRAME_BYTES - len(frame)))]

    def expect(self, sent: int, refused: int) -> Expected:
        through = sent - refused
        return Expected(
            drops={"QDISC_DROP": refused, "NO_SOCKET": through},
            witness={"sender tbf drops": refused, "Udp.NoPorts": through},
        )

    def witness(self, bed: Testbed) -> dict[str, int]:
        return qdisc_drops(bed.sender, "tbf") | snmp(bed.receiver, "Udp.NoPorts")
