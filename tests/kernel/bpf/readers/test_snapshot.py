"""Snapshots of the aggregation map, while it is counted in."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bpf.channels.map import MapChannel
from bpf.program import LoadOptions, Program
from bpf.readers.snapshot import SnapshotReader
from bpf.synthetic import Emitter

KEYS = [(0xFFFFFFFF81000000 + n * 64, n % 5000, n % 90) for n in range(10_000)]
ENTRIES = 16384


@pytest.fixture
def program() -> Iterator[Program]:
    with Program(LoadOptions(channel=MapChannel(entries=ENTRIES), synthetic=True)) as loaded:
        yield loaded


def emitter(program: Program, keys: list[tuple[int, int, int]]) -> Emitter:
    plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
    return Emitter(program.emit_fd, plan, in_turn, keys)


def test_ten_million_drops_of_ten_thousand_keys_are_exact_while_snapshots_are_read(program: Program) -> None:
    """Each key's count is what was emitted; no count of any snapshot is ever smaller than in the one before."""
    source = emitter(program, KEYS)
    runs = 10_000_000 // 256
    emitting = threading.Thread(target=source.emit, args=(runs * 256,))
    reader = SnapshotReader(program.map_fd("counts"), ENTRIES, lambda _keys, _counts: None)
    emitting.start()
    before: dict[tuple[int, ...], int] = {}
    snapshots = 0
    while emitting.is_alive():
        keys, counts = reader.read()
        latest = dict(zip(keys.tolist(), counts.tolist(), strict=True))
        assert all(latest[key] >= count for key, count in before.items())
        before = latest
        snapshots += 1
    emitting.join()
    keys, counts = reader.read()
    assert snapshots > 3
    whole, part = divmod(runs * 256, len(KEYS))
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == {
        key: whole + (number < part) for number, key in enumerate(KEYS)
    }
    counters = program.counters.read()
    assert (counters.aggregated, counters.map_full) == (runs * 256, 0)


def test_a_snapshot_of_ten_thousand_keys_takes_few_system_calls(program: Program) -> None:
    """Not one call a key, nor a key and a value each."""
    emitter(program, KEYS).emit(256 * 40)
    reader = SnapshotReader(program.map_fd("counts"), ENTRIES, lambda _keys, _counts: None)
    keys, _counts = reader.read()
    assert len(keys) == 10_000
    assert reader.system_calls <= 4


def test_what_has_no_room_in_the_map_is_counted() -> None:
    """A full map is in the ledger as map_full; what has a key goes on being counted."""
    with Program(LoadOptions(channel=MapChannel(entries=100), synthetic=True)) as program:
        emitter(program, KEYS[:250]).emit(256 * 100)
        keys, counts = SnapshotReader(program.map_fd("counts"), 100, lambda _keys, _counts: None).read()
        counters = program.counters.read()
        assert len(keys) == 100
        assert int(counts.sum()) == counters.aggregated
        assert counters.aggregated + counters.map_full == counters.observed == 25_600
        assert counters.map_full > 10_000


def test_consume_tells_what_is_new(program: Program) -> None:
    """Each snapshot says by how much the counts have grown; the mode gets them all from the start."""
    source = emitter(program, KEYS[:7])
    seen: list[int] = []
    reader = SnapshotReader(program.map_fd("counts"), ENTRIES, lambda _keys, counts: seen.append(int(counts.sum())))
    source.emit(512)
    first = reader.consume()
    source.emit(256)
    assert (first, reader.consume(), reader.consume()) == (512, 256, 0)
    assert seen == [512, 768, 768]
