"""Synthetic records: exact in number and kind, whatever the bursts, through the real ring and map."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from contextlib import ExitStack

import pytest

from bpf import syscalls
from bpf.btf import KernelTypes
from bpf.channels.map import MapChannel
from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.readers.snapshot import SnapshotReader
from bpf.reasons import Reasons
from bpf.record import ring_capacity
from bpf.synthetic import EmitterIds
from traffic.discovery import load_kind
from traffic.senders.synthetic import SyntheticSender
from traffic.testbed import Testbed


def ids(program: Program) -> EmitterIds:
    return EmitterIds(
        program=syscalls.program_info(program.emit_fd).id,
        plan=syscalls.map_id(program.map_fd("synthetic_plan")),
        keys=syscalls.map_id(program.map_fd("synthetic_keys")),
    )


def keys(name: str = "synthetic") -> list[bytes]:
    kind = load_kind(name)
    with ExitStack() as undo:
        kind.set_up(Testbed(), undo)
        return kind.frames(Testbed())


def counted(program: Program) -> dict[tuple[int, int, int], int]:
    found, counts = SnapshotReader(program.map_fd("counts"), 16384, lambda _keys, _counts: None).read()
    return dict(zip([tuple(key) for key in found.tolist()], counts.tolist(), strict=True))


def test_any_bursts_make_exactly_so_many_records() -> None:
    with Program(LoadOptions(channel=RingChannel(size_bytes=1 << 20), synthetic=True)) as program:
        with SyntheticSender(ids(program), keys(), 0) as sender:
            sent = sum(sender.send(count) for count in (1, 255, 256, 257, 3, 10_000, 1))
        counters = program.counters.read()
    assert sent == 1 + 255 + 256 + 257 + 3 + 10_000 + 1
    assert (counters.observed, counters.submitted, counters.reserve_failed) == (sent, sent, 0)


@pytest.mark.parametrize("bursts", [[50_000], [7] * 5_000, [1, 999, 20_000, 13]])
def test_each_reason_comes_as_often_as_stated(bursts: list[int]) -> None:
    """Keys go on where the last burst ended; small bursts would else emit the first keys alone."""
    kind = load_kind("synthetic")
    with (
        Program(LoadOptions(channel=MapChannel(), synthetic=True)) as program,
        ExitStack() as undo,
        KernelTypes() as types,
    ):
        kind.set_up(Testbed(), undo)
        reasons = Reasons.of_kernel(types)
        with SyntheticSender(ids(program), kind.frames(Testbed()), 0) as sender:
            for burst in bursts:
                sender.send(burst)
        seen: Counter[str] = Counter()
        for (_, _, reason), count in counted(program).items():
            seen[reasons.name(reason)] += count
    expected = kind.expect(sum(bursts), 0)
    assert expected is not None
    assert seen == expected.drops
    assert expected.total == sum(bursts)


def test_ten_thousand_different_keys_reach_the_aggregation_map() -> None:
    with Program(LoadOptions(channel=MapChannel(), synthetic=True)) as program:
        with SyntheticSender(ids(program), keys("synthetic:10000"), 0) as sender:
            sender.send(16_384)
        assert len(counted(program)) == 10_000
        assert program.counters.read().map_full == 0


def test_a_full_ring_loses_exactly_what_does_not_fit() -> None:
    with Program(LoadOptions(channel=RingChannel(size_bytes=65536), synthetic=True)) as program:
        with SyntheticSender(ids(program), keys(), 0) as sender:
            sender.send(ring_capacity(65536) + 1000)
        counters = program.counters.read()
    assert (counters.submitted, counters.reserve_failed) == (2047, 1000)


def test_a_signal_does_not_cost_the_count() -> None:
    seen = []
    before = signal.signal(signal.SIGUSR2, lambda number, _frame: seen.append(number))
    over = threading.Event()

    def pester() -> None:
        while not over.wait(0.0005):
            os.kill(os.getpid(), signal.SIGUSR2)

    with Program(LoadOptions(channel=RingChannel(size_bytes=4096, wakeup="none"), synthetic=True)) as program:
        bystander = threading.Thread(target=pester)
        with SyntheticSender(ids(program), keys(), 0) as sender:
            bystander.start()
            try:
                sent = sum(sender.send(65_536) for _ in range(50))
            finally:
                over.set()
                bystander.join()
                signal.signal(signal.SIGUSR2, before)
        assert len(seen) > 10
        assert program.counters.read().observed == sent == 50 * 65_536
