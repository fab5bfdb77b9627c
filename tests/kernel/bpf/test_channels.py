"""Every channel of records on the real kernel, written by two CPUs: what is read is what was submitted, to the byte."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bpf.channel import record_channels
from bpf.program import LoadOptions, Program
from bpf.reader import RecordReader, reader_named
from bpf.record import SAMPLE_BYTES, SAMPLE_STRUCT, Samples
from bpf.synthetic import Emitter
from modes.parts.mode import Kit, Mode
from tests.bpf.kept_fields import keep_fields
from tests.draining import drain

SIZE = 1 << 16
READERS = ("batch", "callback")
CPUS = sorted(os.sched_getaffinity(0))[:2]
KEYS = [(0xFFFFFFFF81000000 + n * 64, n % 5, 2 + n % 11) for n in range(37)]

pytestmark = [
    pytest.mark.may_skip("a machine with one CPU has no second producer"),
    pytest.mark.skipif(len(CPUS) < 2, reason="two producers need two CPUs"),
]


class Keeping(Mode):
    """Keeps what it was handed, as (location, pid, reason) by the order of their coming, and their times."""

    def __init__(self) -> None:
        super().__init__(Kit())
        self.read: list[tuple[int, ...]] = []
        self.fields, self.used = np.zeros(4 * 4096, np.uint64), np.zeros(1, np.int64)

    def take(self, samples: Samples) -> None:
        columns = (samples[name].tolist() for name in ("timestamp", "location", "pid", "reason"))
        self.read += zip(*columns, strict=True)
        self.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, size: int) -> int:
        assert size >= SAMPLE_BYTES
        self.read.append(SAMPLE_STRUCT.unpack(ctypes.string_at(data, SAMPLE_BYTES)))
        self.consumed += 1
        return self.halt

    step = staticmethod(keep_fields)

    def state(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        return self.fields, self.used

    def stepped(self, events: int) -> None:
        self.read += map(tuple, self.fields[: self.used[0]].reshape(-1, 4).tolist())
        self.used[0] = 0
        self.consumed += events

    def make_room(self, _record: np.void) -> None:
        """It is there: what was taken has been moved."""


def params() -> Iterator[object]:
    for name in record_channels():
        yield from (f"{name} {reader}" for reader in READERS)
        yield pytest.param(f"{name} compiled", marks=pytest.mark.slow)  # ./test --all installs numba


@pytest.fixture(scope="module", params=params())
def loaded(request: pytest.FixtureRequest) -> Iterator[tuple[Program, RecordReader, Keeping]]:
    """Load the program once for each channel and reader."""
    name, reader_name = request.param.split()
    channel, mode = record_channels()[name].of(size_bytes=SIZE, wakeup="none"), Keeping()
    with Program(LoadOptions(channel=channel, synthetic=True)) as program:
        reader = reader_named(reader_name).open(program, mode)
        assert isinstance(reader, RecordReader)
        yield program, reader, mode


@pytest.fixture
def program(loaded: tuple[Program, RecordReader, Keeping]) -> Program:
    loaded[0].counters.reset()
    return loaded[0]


@pytest.fixture
def reading(loaded: tuple[Program, RecordReader, Keeping]) -> tuple[RecordReader, Keeping]:
    _program, reader, mode = loaded
    drain(reader.consume)
    reader.begin_anew()
    mode.consumed = 0
    mode.read.clear()
    return reader, mode


def emit_from(program: Program, cpu: int, count: int) -> None:
    """Emit on one CPU, the same keys each time."""
    plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
    source = Emitter(program.emit_fd, plan, in_turn, KEYS)
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        source.emit(count)
    finally:
        os.sched_setaffinity(0, before)


def emitted(count: int) -> list[tuple[int, int, int]]:
    return [KEYS[number % len(KEYS)] for number in range(count)]


def test_what_two_cpus_write_comes_once_and_in_the_order_of_each(
    program: Program, reading: tuple[RecordReader, Keeping]
) -> None:
    """Many times around the end of its memory; what is unread is told from inside and from outside alike."""
    reader, mode = reading
    channel = program.options.channel
    positions = channel.positions(program.channel_fd, program.carriers)
    assert positions is not None
    most = channel.capacity // 2
    submitted = 0
    for first, second in ((1, 0), (0, 1), (most, 3), (5, most), (most, most), (most - 1, 2), (most, most)):
        mode.read.clear()
        emit_from(program, CPUS[0], first)
        emit_from(program, CPUS[1], second)
        submitted += first + second
        assert reader.unread(mode.consumed) == positions.unread_records == first + second
        assert reader.consume() == first + second
        by_time = [row[1:] for row in sorted(mode.read)]
        assert by_time == emitted(first) + emitted(second)
    assert mode.consumed == submitted
    counters = program.counters.read()
    assert (counters.observed, counters.submitted, counters.reserve_failed) == (submitted, submitted, 0)
    assert reader.checksum in (None, counters.checksum) or reader.checksum % 2**64 == counters.checksum
    assert (reader.unread(submitted), positions.unread_records) == (0, 0)
    positions.close()


def test_what_finds_no_room_is_refused_and_nothing_else(
    program: Program, reading: tuple[RecordReader, Keeping]
) -> None:
    """Filled from both CPUs, several times over, and emptied: submitted and refused make up what was emitted."""
    reader, mode = reading
    for turn in range(1, 4):
        for cpu in CPUS:
            emit_from(program, cpu, 5000)
        reader.consume()
        counters = program.counters.read()
        assert counters.observed == turn * 10_000 == counters.submitted + counters.reserve_failed
        assert counters.reserve_failed > 0
        assert mode.consumed == counters.submitted
    assert reader.checksum is None or reader.checksum % 2**64 == counters.checksum


def test_nothing_is_lost_or_torn_while_two_cpus_write_and_one_reads(
    program: Program, reading: tuple[RecordReader, Keeping]
) -> None:
    """Both CPUs emit at full speed while a thread reads: each record is one that was emitted, each is counted once."""
    reader, mode = reading
    known = set(KEYS)
    writers = [threading.Thread(target=_write, args=(program, cpu)) for cpu in CPUS]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        reader.consume()
    for writer in writers:
        writer.join()
    drain(reader.consume)
    counters = program.counters.read()
    assert counters.observed == 2 * 40 * 2560 == counters.submitted + counters.reserve_failed
    assert mode.consumed == len(mode.read) == counters.submitted
    assert {row[1:] for row in mode.read} <= known
    assert reader.checksum is None or reader.checksum % 2**64 == counters.checksum


def _write(program: Program, cpu: int) -> None:
    """Emit in several calls; the plan is shared, and the same for both."""
    os.sched_setaffinity(0, {cpu})
    plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
    source = Emitter(program.emit_fd, plan, in_turn, KEYS)
    for _ in range(40):
        source.emit(2560)


def test_a_pass_that_finds_nothing_makes_few_calls(reading: tuple[RecordReader, Keeping]) -> None:
    """A load of single events pays it at each wakeup: a sum over a generator alone takes as long as the rest of it."""
    reader, _mode = reading
    called: list[str] = []

    def note(frame: FrameType, event: str, function: Any) -> None:
        if event in ("call", "c_call"):
            called.append(frame.f_code.co_qualname if event == "call" else function.__qualname__)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        reader.consume()
    finally:
        sys.setprofile(before)
    assert len(called) <= 5 + 3 * len(reader.parts()), called
