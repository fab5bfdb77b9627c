"""Passes in machine code over channels in ordinary memory: what they take, refuse, count and publish."""

from __future__ import annotations

import itertools
import mmap
import os
import time
import traceback
from collections import deque
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf import log_runs, perf_runs, ring_runs
from bpf.block import RATE, RATE_ONE, UNTOLD, Memory
from bpf.log import PLACE_BYTES, Log
from bpf.machine import MachineSource
from bpf.machine_code import code_of
from bpf.readers.compiled import CompiledReader
from bpf.record import RECORD, SAMPLE_STRUCT, Samples
from bpf.steps import described
from modes.parts.mode import Kit, Mode
from tests.bpf.kept_fields import keep_fields
from tests.bpf.made_up_perf import MadeUpPerf
from tests.bpf.made_up_ring import MadeUpRing
from tests.bpf.numba_here import needs_numba

PAGE = 4096


class Keeping(Mode):
    """Keeps the four fields of each record, in arrays that grow."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.fields = np.zeros(8, np.uint64)
        self.used = np.zeros(1, np.int64)

    step = staticmethod(keep_fields)

    def state(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        return self.fields, self.used

    def make_room(self, _record: np.void) -> None:
        self.fields = np.concatenate([self.fields, np.zeros_like(self.fields)])

    @property
    def kept(self) -> list[tuple[int, ...]]:
        return [tuple(row) for row in self.fields[: self.used[0]].reshape(-1, 4).tolist()]


def source(memory: Memory, mode: Keeping | None = None) -> tuple[MachineSource, Keeping]:
    mode = mode or Keeping(Kit())
    return MachineSource(memory, mode, code_of(memory.kind, mode.step)), mode


reserve = st.tuples(st.just("reserve"), st.integers(0, 2**64 - 1))
run = st.tuples(st.just("run"), st.integers(1, 60))
commit = st.tuples(st.just("commit"), st.integers(0, 5))
discard = st.tuples(st.just("discard"), st.integers(0, 5))
consume = st.tuples(st.just("consume"), st.just(0))


@needs_numba
@settings(max_examples=200, deadline=None)
@given(
    start=st.integers(0, 2 * PAGE).map(lambda n: n * 8),
    steps=st.lists(st.one_of(reserve, run, commit, discard, consume), max_size=60),
    stamps=st.booleans(),
)
def test_a_ring_gives_what_a_queue_would(start: int, steps: list[tuple[str, int]], stamps: bool) -> None:
    """Whatever is reserved, finished, discarded and consumed in whatever order, all finished ones come, in order."""
    made_up, told = MadeUpRing(PAGE, start), []
    reader, mode = source(ring_runs.memory_of(made_up.ring))
    if stamps:
        reader.tell_stamps(lambda found: told.extend(found.tolist()))
    waiting: deque[list[object]] = deque()  # [position, fields, state], in the order of the ring
    expected = []
    for what, argument in [*steps, ("consume", 0)]:
        if what in ("reserve", "run"):
            for number in range(1 if what == "reserve" else argument):
                fields = argument - (number if argument else 0), 2**64 - 1 - number, number, 4
                position = made_up.reserve(SAMPLE_STRUCT.pack(*fields))
                if position is not None:
                    waiting.append([position, fields, "busy"])
                    if what == "run":
                        made_up.commit(position)
                        waiting[-1][2] = "commit"
        elif what == "consume":
            before = len(expected)
            taken = reader.consume()
            while waiting and waiting[0][2] != "busy":
                _position, fields, state = waiting.popleft()
                if state == "commit":
                    expected.append(fields)
            assert (taken, mode.consumed) == (len(expected) - before, len(expected))
            assert made_up.consumed == (waiting[0][0] if waiting else made_up.produced)
        elif busy := [each for each in waiting if each[2] == "busy"]:
            entry = busy[argument % len(busy)]
            made_up.commit(entry[0], discard=what == "discard")
            entry[2] = what
    assert mode.kept == expected
    assert reader.checksum % 2**64 == sum(fields[0] for fields in expected) % 2**64
    assert told == ([fields[0] for fields in expected] if stamps else [])
    (part,) = reader.parts()
    assert (part.read, part.overwritten, reader.unread()) == (len(expected), 0, part.unread)


@needs_numba
@pytest.mark.parametrize(
    ("length", "produced"),
    [
        pytest.param(40, None, id="a size that nobody takes"),
        pytest.param(24, 16, id="a record beyond what was produced"),
        pytest.param((1 << 30) | 4000, 64, id="a discarded one beyond it"),
        pytest.param(24, 2 * PAGE, id="more than the ring holds"),
    ],
)
def test_a_corrupt_ring_is_told_in_the_words_of_the_batch_reader(length: int, produced: int | None) -> None:
    """And nothing beyond is read."""
    words = []
    for read in (
        lambda ring: source(ring_runs.memory_of(ring))[0].consume(),
        lambda ring: ring_runs.RingRuns(ring, lambda _samples: None).consume(),
    ):
        made_up = MadeUpRing(PAGE)
        made_up.submit(1, 2, 3, 4)
        made_up.corrupt(0, length, produced=produced)
        with pytest.raises(ValueError, match=r".") as caught:
            read(made_up.ring)
        words.append(str(caught.value))
    assert words[0] == words[1]


@needs_numba
@settings(max_examples=150, deadline=None)
@given(start=st.integers(0, 2 * PAGE).map(lambda n: n * 8), runs=st.lists(st.integers(1, 150), max_size=8))
def test_a_perf_buffer_is_read_as_batch_reads_it(start: int, runs: list[int]) -> None:
    """Records that break at the end, losses that records tell of, ones that none tells of."""
    compiled, batch = MadeUpPerf(PAGE, start), MadeUpPerf(PAGE, start)
    taken: list[tuple[int, ...]] = []

    def take(samples: Samples) -> None:
        taken.extend(samples[["timestamp", "location", "pid", "reason"]].tolist())

    by_batch = perf_runs.PerfRuns(batch.buffer, take)
    reader, mode = source(perf_runs.memory_of(compiled.buffer))
    for number, count in enumerate(runs):
        for each in range(count):
            fields = number * 1000 + each, 2**64 - 1 - each, 3, 4
            assert compiled.submit(*fields) == batch.submit(*fields)
        assert reader.consume() == by_batch.consume()
        assert compiled.tail == batch.tail
    assert mode.kept == taken
    assert (reader.checksum, reader.parts()) == (by_batch.checksum, by_batch.parts())


class WrittenLog:
    """A log of one CPU in ordinary memory, written by hand: opened, the record, closed, next."""

    def __init__(self, slots: int, *, overwrites: bool) -> None:
        self._slots = slots
        places, data = (os.memfd_create(name) for name in ("places", "slots"))
        os.truncate(places, max(PAGE, PLACE_BYTES))
        os.truncate(data, max(PAGE, slots * RECORD.itemsize))
        self._next = memoryview(mmap.mmap(places, PAGE)).cast("Q")
        self.records = np.frombuffer(mmap.mmap(data, max(PAGE, slots * RECORD.itemsize)), RECORD, slots)
        self.log = Log(places, data, cpus=1, slots=slots, slot=RECORD)
        self.memory = log_runs.memory_of(self.log, 0, overwrites=overwrites)

    def write(self, count: int) -> None:
        for number in range(self._next[0], self._next[0] + count):
            self.records[number % self._slots] = (number, number, number, 2, 3, 4)
            self._next[0] = number + 1


@needs_numba
@settings(max_examples=60, deadline=None)
@given(runs=st.lists(st.integers(0, 100), max_size=8), overwrites=st.booleans())
def test_a_log_is_read_as_batch_reads_it(runs: list[int], overwrites: bool) -> None:
    """In place or by copies; what came too late is counted, and once."""
    compiled, batch = WrittenLog(64, overwrites=overwrites), WrittenLog(64, overwrites=overwrites)
    taken: list[int] = []
    by_batch = log_runs.LogRuns(
        batch.log, 0, lambda samples: taken.extend(samples["timestamp"].tolist()), overwrites=overwrites
    )
    reader, mode = source(compiled.memory)
    for count in runs:
        for each in (compiled, batch):
            each.write(count if overwrites else min(count, 64 - by_batch.unread()))
        if count % 3:
            assert reader.consume() == by_batch.consume()
        assert (reader.unread(), reader.overwritten) == (by_batch.unread(), by_batch.overwritten)
    assert [fields[0] for fields in mode.kept] == taken
    assert (reader.checksum, reader.parts()) == (by_batch.checksum, by_batch.parts())


@needs_numba
@pytest.mark.parametrize("word", ["length", "page_offset"])
def test_a_record_of_a_log_that_is_being_overwritten_is_left_out(word: str) -> None:
    """Either of its two numbers says so; the one behind it tells how many are missing."""
    written = WrittenLog(64, overwrites=True)
    reader, mode = source(written.memory)
    written.write(5)
    written.records[word][2] = 66
    assert reader.consume() == 4
    assert [fields[0] for fields in mode.kept] == [0, 1, 3, 4]
    assert reader.overwritten == 1


@needs_numba
def test_a_log_in_which_something_else_stands_is_told() -> None:
    """One that does not overwrite has all that it says."""
    written = WrittenLog(64, overwrites=False)
    written.write(3)
    written.records["page_offset"][1] = 7
    with pytest.raises(ValueError, match="the log is corrupt: of 2 records from 1 on"):
        source(written.memory)[0].consume()


class Raising(Keeping):
    @staticmethod
    def step(record: np.void, fields: npt.NDArray[np.uint64], used: npt.NDArray[np.int64]) -> bool:
        if record["pid"] == 3:
            raise ValueError("three", 3)
        if record["pid"] == 4:
            used[0] = 1 // used[0]
        if record["pid"] == 5:
            raise KeyError(record["reason"])
        return bool(record["pid"] == 6 and fields[0] == 0)


@needs_numba
@pytest.mark.parametrize(
    ("pid", "kind", "text", "offset"),
    [
        pytest.param(3, ValueError, "('three', 3)", 4, id="what it raises"),
        pytest.param(4, ZeroDivisionError, "integer division by zero", 1, id="what Python raises"),
        pytest.param(
            5,
            KeyError,
            "'its arguments were not known when the step was compiled, and are not told'",
            8,
            id="made then",
        ),
        pytest.param(6, RuntimeError, "step() refused a record 17 times, whatever make_room() did", None, id="never"),
    ],
)
def test_what_a_step_raises_is_raised_from_its_line(pid: int, kind: type, text: str, offset: int | None) -> None:
    """As if Python had run it; what was taken before is counted."""
    made_up, mode = MadeUpRing(PAGE), Raising(Kit())
    reader = MachineSource(ring_runs.memory_of(made_up.ring), mode, code_of("ring", mode.step))
    made_up.submit(1, 2, pid, 9)
    with pytest.raises(kind) as caught:
        reader.consume()
    assert str(caught.value) == text
    if offset is not None:
        places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert (__file__, Raising.step.__code__.co_firstlineno + offset - 1) in places


@needs_numba
@pytest.mark.parametrize(
    ("state", "told"),
    [
        pytest.param(lambda mode: (mode.fields,), "1 arrays, and step() takes 2", id="too few"),
        pytest.param(lambda mode: (mode.fields.view(np.int64), mode.used), "array 1 of state() is of int64", id="type"),
        pytest.param(lambda mode: (mode.fields[::2], mode.used), "in one piece|one piece", id="with gaps"),
        pytest.param(lambda mode: (mode.fields.reshape(2, 4), mode.used), "of 2 dimensions", id="dimensions"),
    ],
)
def test_arrays_are_those_that_the_step_was_compiled_for(state: Callable[[Keeping], object], told: str) -> None:
    """Machine code believes what it is handed."""

    class Wrong(Keeping):
        def state(self) -> object:
            return state(self)

    with pytest.raises(TypeError, match=told.replace("(", r"\(").replace(")", r"\)")):
        source(ring_runs.memory_of(MadeUpRing(PAGE).ring), Wrong(Kit()))


@needs_numba
@pytest.mark.parametrize("kind", ["ring", "perf", "log"])
def test_on_arm64_loads_acquire_and_stores_release(kind: str) -> None:
    """Where the processor may reorder them, and also when this is run on one that does not."""
    from llvmlite import binding as llvm  # noqa: PLC0415 - an extra

    from bpf.compiling import made  # noqa: PLC0415 - which needs it

    _function, assembly = made(kind, described(keep_fields))
    kept = itertools.filterfalse(lambda line: line.startswith(("target ", "attributes ")), assembly.splitlines())
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple("aarch64-unknown-linux-gnu").create_target_machine(opt=3)
    code = target.emit_assembly(llvm.parse_assembly("\n".join(kept))).split()
    headers = {"ring": 2, "perf": 1, "log": 2}  # the producer's position, and each record's own word
    assert sum(word in ("ldar", "ldapr") for word in code) >= headers[kind]
    assert "stlr" in code


@needs_numba
@pytest.mark.parametrize(("rings", "grows"), [(1, False), (3, True)])
def test_a_loop_takes_from_all_producers_until_it_is_told_to_stop(rings: int, grows: bool) -> None:
    """Each in its order; what a step refuses on the way comes back to Python, and is taken all the same."""
    made_up = [MadeUpRing(1 << 16) for _ in range(rings)]
    mode = Keeping(Kit())
    if not grows:
        mode.fields = np.zeros(4 * 1000, np.uint64)
    code = code_of("ring", mode.step)
    reader = CompiledReader([MachineSource(ring_runs.memory_of(each.ring), mode, code) for each in made_up], code)
    stopped, stop = os.pipe()
    loops = 0
    for turn in range(3):
        for ring, each in itertools.product(range(rings), range(20)):
            made_up[ring].submit(turn * 100 + each, ring, 3, 4)
        while mode.consumed < 20 * rings * (turn + 1):
            done = reader.pace(stopped, time.monotonic_ns() + 20_000_000, room=500, longest_ns=1_000_000)
            loops += 1
            assert loops < 100
        assert done.last_ns
    for ring in range(rings):
        kept = [fields[0] for fields in mode.kept if fields[1] == ring]
        assert kept == [turn * 100 + each for turn in range(3) for each in range(20)]
    assert reader.checksum == sum(fields[0] for fields in mode.kept)
    os.write(stop, b"1")
    began = time.monotonic_ns()
    idle = reader.pace(stopped, began + 60_000_000_000, room=500, longest_ns=1_000_000)
    assert (idle.passes, idle.last_ns) == (1, 0), "it does not sleep for who told it to stop"


class Told(Keeping):
    """Notes how many it was told of when it is to make room."""

    def make_room(self, record: np.void) -> None:
        self.told = self.consumed
        super().make_room(record)


@needs_numba
def test_a_loop_tells_all_that_it_found_before_room_is_made() -> None:
    """What earlier passes took from those that come later in a pass, too: make_room() may look at the mode's counts."""
    made_up, mode = [MadeUpRing(PAGE) for _ in range(2)], Told(Kit())
    code = code_of("ring", mode.step)
    sources = [MachineSource(ring_runs.memory_of(each.ring), mode, code) for each in made_up]
    reader = CompiledReader(sources, code)
    sources[1].block[UNTOLD] = 7  # of a pass before this one
    for each in range(3):  # for the last of which there is no room
        made_up[0].submit(each, 2, 3, 4)
    reader.pace(os.pipe()[0], time.monotonic_ns() + 10_000_000, room=500, longest_ns=1_000_000)
    assert (mode.told, mode.consumed) == (7 + 2, 7 + 3)


@needs_numba
def test_a_loop_that_comes_back_to_python_knows_since_when_records_came() -> None:
    """Their rate is over all the time since the last pass, or pauses are too short for long after each flush."""
    made_up, mode = MadeUpRing(1 << 16), Keeping(Kit())
    mode.fields = np.zeros(4 * 1000, np.uint64)
    code = code_of("ring", mode.step)
    source = MachineSource(ring_runs.memory_of(made_up.ring), mode, code)
    reader = CompiledReader([source], code)
    stopped, stop = os.pipe()

    def pace(until_ns: int) -> None:
        reader.pace(stopped, until_ns, room=500, longest_ns=1_000_000)

    pace(0)
    time.sleep(0.05)
    for each in range(100):
        made_up.submit(each, 2, 3, 4)
    pace(0)
    os.write(stop, b"1")
    pace(time.monotonic_ns() + 1_000_000_000)
    assert mode.consumed == 100
    assert source.block[RATE] / RATE_ONE <= 100 / 50_000_000


@needs_numba
def test_a_loop_raises_what_a_step_raises() -> None:
    """As a pass does."""
    made_up, mode = MadeUpRing(PAGE), Raising(Kit())
    code = code_of("ring", mode.step)
    reader = CompiledReader([MachineSource(ring_runs.memory_of(made_up.ring), mode, code)], code)
    made_up.submit(1, 2, 3, 9)
    stopped, _stop = os.pipe()
    with pytest.raises(ValueError, match="three"):
        reader.pace(stopped, time.monotonic_ns() + 1_000_000_000, room=500, longest_ns=1_000_000)
