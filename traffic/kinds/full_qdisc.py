"""UDP through a queue on the sender's way out that has no room for it.

The queue (tbf, for its limit in bytes) takes SMALL_BYTES and no more. Of four frames in turn one fits, leaves at once
and reaches a closed port (NO_SOCKET); three do not, are dropped (QDISC_DROP), and the sender is told (ENOBUFS). So each
frame is one drop, and the split between the two is what the sender was told.

A bucket with few tokens would fill the queue by itself, but then frames leave later, by a timer, in the middle of
whatever process that CPU has come to run: after the trial's last send, and on one machine in a process that no BPF
program sees.
"""

from contextlib import ExitStack

from pyroute2 import IPRoute, NetlinkError

from bpf.errors import CannotRun
from traffic.counters import qdisc_drops, snmp
from traffic.recipe import UDP, DropKind, Expected, Testbed, ipv4

SMALL_BYTES, LARGE_BYTES = 60, 200
LARGE_OF_FOUR = 3
RATE, BUCKET_BYTES = 1_000_000_000, 10_000_000  # bytes per second, and at once: more than any sender sends
HANDLE = 0x10000  # 1:


class Kind(DropKind):
    summary = "UDP through a full queue on the sender's way out"
    reasons = ("QDISC_DROP", "NO_SOCKET")
    counters = ("sender tbf drops", "Udp.NoPorts")
    refuses = True
    alone_because = "its queue would refuse the other kinds' larger frames too"

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        def put_queue(route: IPRoute) -> None:
            route.tc("add", "tbf", bed.sender.ifindex, HANDLE, rate=RATE, burst=BUCKET_BYTES, limit=SMALL_BYTES)

        try:
            bed.sender.netlink(put_queue)
        except NetlinkError as error:
            raise CannotRun(f"no queue could be set up ({error})", "boot a kernel with CONFIG_NET_SCH_TBF") from error
        delete = {"index": bed.sender.ifindex, "handle": HANDLE, "root": True}
        undo.callback(lambda: bed.sender.netlink(lambda route: route.tc("del", **delete)))

    def frames(self, bed: Testbed) -> list[bytes]:
        frame = ipv4(bed) / UDP(sport=40000, dport=9)
        small, large = (bytes(frame / bytes(size - len(frame))) for size in (SMALL_BYTES, LARGE_BYTES))
        return [small, *[large] * LARGE_OF_FOUR]

    def expect(self, sent: int, refused: int) -> Expected:
        through = sent - refused
        return Expected(
            drops={"QDISC_DROP": refused, "NO_SOCKET": through},
            witness={"sender tbf drops": refused, "Udp.NoPorts": through},
        )

    def witness(self, bed: Testbed) -> dict[str, int]:
        return qdisc_drops(bed.sender, "tbf") | snmp(bed.receiver, "Udp.NoPorts")
