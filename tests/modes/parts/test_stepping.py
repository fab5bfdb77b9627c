"""Steps that write lines and count causes, as Python and as machine code: what the other readers make, to the byte."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf.machine import MachineSource
from bpf.machine_code import code_of
from bpf.record import RECORD, RECORD_BYTES, SAMPLE_STRUCT, Samples
from bpf.ring_runs import RingRuns, memory_of
from modes.epoll import Epoll
from modes.parts.counting import Cause
from modes.parts.mode import Kit
from modes.parts.stepping import CauseTable, StepLines, count_cause, write_line
from modes.parts.writing import Formatted
from tests.bpf.made_up_ring import MadeUpRing
from tests.bpf.numba_here import needs_numba
from tests.modes.parts.test_lines import OFFSET_NS, REASONS, SYMBOLS, batch_of, event, form

Event = tuple[int, int, int, int]


class Lines(Formatted):
    """Keeps what it is to put."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.bytes = bytearray()

    def put(self, data: bytes | memoryview, events: int) -> None:
        self.bytes += data
        self.consumed += events


def kit(form: str) -> Kit:
    made = Kit(format=form, realtime_offset_ns=OFFSET_NS)
    vars(made).update(reasons=REASONS, symbols=SYMBOLS)
    return made


def by_batch(name: str, batches: list[Samples]) -> bytes:
    mode = Lines(kit(name))
    for samples in batches:
        mode.take(samples)
    return bytes(mode.bytes)


def ring_of(samples: Samples) -> MadeUpRing:
    ring = MadeUpRing(max(4096, 1 << (len(samples) * RECORD_BYTES).bit_length()))
    for row in samples[["timestamp", "location", "pid", "reason"]].tolist():
        ring.submit(*row)
    return ring


@pytest.mark.parametrize("name", ["text", "json", "raw"])
@settings(deadline=None, max_examples=60)
@given(events=st.lists(event, min_size=1, max_size=40))
def test_in_python_a_step_writes_what_a_batch_is(name: str, events: list[Event]) -> None:
    """The step is Python, and can be read as such: seconds that change to and fro, causes of any length."""
    samples = batch_of(events)
    lines = StepLines(None if name == "raw" else form(name), OFFSET_NS)
    with np.errstate(over="ignore"):
        for record in samples:
            while write_line(record, *lines.state()):
                lines.make_room(record)
    assert bytes(lines.lines()) == by_batch(name, [samples])


@needs_numba
@pytest.mark.parametrize("name", ["text", "json", "raw"])
@settings(deadline=None, max_examples=60)
@given(batches=st.lists(st.lists(event, min_size=1, max_size=40), min_size=1, max_size=4))
def test_as_machine_code_it_writes_the_same(name: str, batches: list[list[Event]]) -> None:
    """Byte by byte, also the ring's own words of raw records."""
    samples = batch_of([event for events in batches for event in events])
    mode, ring = Lines(kit(name)), ring_of(samples)
    reader = MachineSource(memory_of(ring.ring), mode, code_of("ring", mode.step))
    assert reader.consume() == len(samples)
    mode.flush()
    samples["length"] = SAMPLE_STRUCT.size
    assert bytes(mode.bytes) == by_batch(name, [samples])
    assert mode.consumed == len(samples)


def many(count: int, causes: int) -> Samples:
    random = np.random.default_rng(causes)
    samples = np.zeros(count, RECORD)
    samples["length"] = SAMPLE_STRUCT.size
    samples["timestamp"] = 10**12 + np.cumsum(random.integers(0, 2_000_000, count)) - random.integers(0, 5000, count)
    samples["location"] = 0x1000 + random.integers(0, causes, count)
    samples["pid"] = random.integers(0, 3, count)
    samples["reason"] = 3
    return samples


@needs_numba
@pytest.mark.parametrize("name", ["text", "json", "raw"])
def test_more_lines_than_the_buffer_holds(name: str) -> None:
    """Thousands of causes, so that tables and rows grow, and many buffers of lines."""
    samples = many(20_000, 1500)
    mode, ring = Lines(kit(name)), ring_of(samples)
    assert MachineSource(memory_of(ring.ring), mode, code_of("ring", mode.step)).consume() == len(samples)
    assert len(mode.bytes) > 256 * 1024  # written as they came, and not at the end alone
    mode.flush()
    assert bytes(mode.bytes) == by_batch(name, [samples])


def counted(samples: Samples) -> Counter[Cause]:
    return Counter(samples[["location", "pid", "reason"]].tolist())


@settings(deadline=None, max_examples=100)
@given(events=st.lists(event, max_size=60))
def test_in_python_causes_are_counted(events: list[Event]) -> None:
    """The cause (0, 0, 0), as which empty slots read, among them."""
    table, samples = CauseTable(), batch_of(events) if events else np.zeros(0, RECORD)
    with np.errstate(over="ignore"):
        for record in samples:
            if count_cause(record, table.slots):
                table.enter(record)
                assert not count_cause(record, table.slots)
    assert {cause: count for cause, count in table.counts().items() if count} == counted(samples)


@needs_numba
@pytest.mark.parametrize("causes", [1, 60, 5000])
def test_as_machine_code_causes_are_counted(causes: int) -> None:
    """As many as there are: the table grows while they come; and as batch counts them."""
    samples = many(30_000, causes)
    samples[["location", "pid", "reason"]][::7] = 0
    mode, batch = Epoll(Kit()), Epoll(Kit())
    ring = ring_of(samples)
    assert MachineSource(memory_of(ring.ring), mode, code_of("ring", mode.step)).consume() == len(samples)
    other = ring_of(samples)
    RingRuns(other.ring, batch.take).consume()
    for each in (mode, batch):
        each.flush()
    assert mode.tally == batch.tally
    assert mode.consumed == batch.consumed == len(samples)
    assert {cause: count for cause, count in mode._table.counts().items() if count} == counted(samples)
