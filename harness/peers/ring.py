"""The ring that all consumers share: one program in this process, filled by it, read by others through its id."""

from __future__ import annotations

from types import TracebackType

from bpf import syscalls
from bpf.channels.ring import Ring, RingChannel, RingPositions
from bpf.counters import Counters
from bpf.program import LoadOptions, Program
from bpf.synthetic import Emitter
from modes import Kit

# Where drops happen on most machines, and why; what a kernel lacks is left out.
_CAUSES = (
    ("__udp4_lib_rcv", "NO_SOCKET", 0x4BC),
    ("__udp4_lib_rcv", "UDP_CSUM", 0x2F1),
    ("tcp_v4_rcv", "NO_SOCKET", 0x1A4),
    ("tcp_v4_rcv", "TCP_CSUM", 0x91),
    ("tcp_rcv_state_process", "TCP_OLD_DATA", 0x33C),
    ("ip_rcv_finish_core", "IP_RPFILTER", 0x2AA),
    ("ip_rcv_core", "IP_INHDR", 0x19C),
    ("ip_forward", "IP_INHDR", 0x2E5),
    ("nf_hook_slow", "NETFILTER_DROP", 0xB1),
    ("__netif_receive_skb_core.constprop.0", "UNHANDLED_PROTO", 0x14F),
    ("sk_filter_trim_cap", "SOCKET_FILTER", 0x1B0),
    ("unix_stream_connect", "NOT_SPECIFIED", 0x77),
)
_PIDS = (0, 0, 731, 15, 24601)


def usual_causes(kit: Kit) -> list[tuple[int, int, int]]:
    """Return (location, pid, reason) of a machine's usual drops: about a dozen places, a few processes, mixed."""
    known = []
    for function, name, offset in _CAUSES:
        address, reason = kit.symbols.address(function), kit.reasons.number(name)
        if address is not None and reason is not None:
            known.append((address + offset, reason))
    # 7 has no factor in common with the lengths of either list: each place meets each process.
    turns = range(len(known) * len(_PIDS) * 7)
    return [(known[n * 7 % len(known)][0], _PIDS[n % len(_PIDS)], known[n * 7 % len(known)][1]) for n in turns]


class SharedRing:
    """Loads the program, as a context manager; counts what happened to the ring since a trial's begin."""

    def __init__(self, options: LoadOptions, causes: list[tuple[int, int, int]]) -> None:
        self._program = Program(options)
        self._causes = causes

    def __enter__(self) -> SharedRing:
        program = self._program.__enter__()
        self.id = syscalls.map_id(program.map_fd("events"))
        channel = self._program.options.channel
        assert isinstance(channel, RingChannel)
        self._ring = Ring(program.channel_fd, channel.size_bytes)
        self._positions = RingPositions(program.map_fd("events"))
        if self._program.options.synthetic:
            self._emitter = Emitter(program.emit_fd, program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._positions.close()
        self._program.__exit__(kind, error, trace)

    @property
    def program(self) -> Program:
        return self._program

    @property
    def unread_records(self) -> int:
        return self._positions.unread_records

    def begin(self) -> None:
        """Empty the ring of what a consumer that died left in it, and take down the counters as they are."""
        self._ring.consumer[0] = self._ring.producer[0]
        self._before = self._program.counters.read()

    def fill(self, records: int) -> None:
        """Put so many records in: the same causes in the same order each time."""
        self._emitter.set_keys(self._causes)
        self._emitter.emit(records)

    def counted(self) -> Counters:
        """Return what the program has counted since `begin`."""
        after, before = self._program.counters.read(), self._before
        return Counters(
            observed=after.observed - before.observed,
            submitted=after.submitted - before.submitted,
            reserve_failed=after.reserve_failed - before.reserve_failed,
            aggregated=after.aggregated - before.aggregated,
            map_full=after.map_full - before.map_full,
            checksum=(after.checksum - before.checksum) % 2**64,
        )
