"""The batch reader against a reference model, over a ring in ordinary memory."""

from __future__ import annotations

import contextlib
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf.readers.batch import BatchReader
from bpf.record import DISCARD_BIT, RECORD, SAMPLE_BYTES, SAMPLE_STRUCT, Samples
from bpf.ring_runs import RingRuns
from tests.bpf.made_up_ring import MadeUpRing

PAGE = 4096
LONGER = np.dtype([("length", "<u4"), ("page_offset", "<u4"), ("text", "V40")])
ODD = np.dtype([("length", "<u4"), ("page_offset", "<u4"), ("text", "V5")])

sample = st.binary(min_size=SAMPLE_BYTES, max_size=SAMPLE_BYTES)
reserve = st.tuples(
    st.just("reserve"), st.one_of(sample, st.binary(min_size=40, max_size=40), st.binary(min_size=5, max_size=5))
)
run = st.tuples(st.just("run"), st.integers(1, 60))
commit = st.tuples(st.just("commit"), st.integers(0, 5))
discard = st.tuples(st.just("discard"), st.integers(0, 5))
consume = st.tuples(st.just("consume"), st.none())


@settings(max_examples=300, deadline=None)
@given(
    start=st.integers(0, 2 * PAGE).map(lambda n: n * 8),
    steps=st.lists(st.one_of(reserve, run, commit, discard, consume), max_size=60),
)
def test_reads_what_a_queue_would_give(start: int, steps: list[tuple[str, object]]) -> None:
    """Whatever is reserved, finished, discarded and consumed in whatever order, all finished ones come, in order."""
    made_up = MadeUpRing(PAGE, start)
    taken: list[bytes] = []
    expected: list[bytes] = []
    waiting: deque[list[object]] = deque()  # [position, sample, state], in the order of the ring

    def keep(samples: Samples) -> None:
        name = "timestamp" if samples.dtype is RECORD else "text"
        taken.extend(bytes(row.tobytes()[8:]) for row in samples)
        assert name in (samples.dtype.names or ())

    reader = RingRuns(made_up.ring, keep, {LONGER: keep, ODD: keep})
    for what, argument in steps:
        if what == "reserve":
            position = made_up.reserve(argument)
            if position is not None:
                waiting.append([position, argument, "busy"])
        elif what == "run":
            for number in range(argument):
                data = SAMPLE_STRUCT.pack(number, 2, 3, 4)
                position = made_up.reserve(data)
                if position is not None:
                    made_up.commit(position)
                    waiting.append([position, data, "commit"])
        elif what == "consume":
            count = reader.consume()
            before = len(expected)
            while waiting and waiting[0][2] != "busy":
                position, data, state = waiting.popleft()
                if state == "commit":
                    expected.append(data)
            assert count == len(expected) - before
            assert made_up.consumed == (waiting[0][0] if waiting else made_up.produced)
            assert taken == expected
        else:
            busy = [entry for entry in waiting if entry[2] == "busy"]
            if argument < len(busy):
                made_up.commit(busy[argument][0], discard=what == "discard")
                busy[argument][2] = what


def test_adds_up_the_timestamps_it_read() -> None:
    """The checksum is over what lies in the samples, so that a reader which skips one is found out."""
    made_up = MadeUpRing(PAGE)
    for timestamp in (5, 2**64 - 1, 7):
        made_up.submit(timestamp, 1, 2, 3)
    reader = RingRuns(made_up.ring, lambda _samples: None)
    assert reader.consume() == 3
    assert reader.checksum % 2**64 == 11


def test_gives_room_while_a_slow_taker_works() -> None:
    """No more than a part of the ring is held back until the taker returns."""
    made_up = MadeUpRing(PAGE)
    while made_up.free_bytes >= 32:
        made_up.submit(1, 2, 3, 4)
    free: list[int] = []
    RingRuns(made_up.ring, lambda _samples: free.append(made_up.free_bytes)).consume()
    assert free == sorted(free)
    assert free[-1] >= PAGE // 2


def test_what_is_shown_is_not_released_before_it_is_taken() -> None:
    """The producer may overwrite released records: their views must be done with by then."""
    made_up = MadeUpRing(PAGE)
    made_up.submit(1, 2, 3, 4)
    positions: list[int] = []
    RingRuns(made_up.ring, lambda _samples: positions.append(made_up.consumed)).consume()
    assert (positions, made_up.consumed) == ([0], 32)


def test_a_taker_that_raises_leaves_its_records_unread() -> None:
    """The ledger counts what was not finished as unread."""
    made_up = MadeUpRing(PAGE)
    made_up.submit(1, 2, 3, 4)

    def fail(_samples: Samples) -> None:
        raise RuntimeError("a mode's own mistake")

    with pytest.raises(RuntimeError):
        RingRuns(made_up.ring, fail).consume()
    assert made_up.consumed == 0


def test_refuses_a_size_that_nobody_takes() -> None:
    """A ring that holds something else is not read as if it were ours."""
    made_up = MadeUpRing(PAGE)
    position = made_up.reserve(b"x" * 16)
    assert position is not None
    made_up.commit(position)
    with pytest.raises(ValueError, match="records of 16 bytes"):
        RingRuns(made_up.ring, lambda _samples: None).consume()


@pytest.mark.parametrize("start", [0, PAGE - 64])
@pytest.mark.parametrize(
    ("length", "produced", "says"),
    [
        pytest.param(SAMPLE_BYTES, 8, "24 bytes reaches beyond", id="a record half there"),
        pytest.param(SAMPLE_BYTES, 32 + 24, "24 bytes reaches beyond", id="a second half there"),
        pytest.param(DISCARD_BIT | 4096, 64, "4096 bytes reaches beyond", id="a discarded one longer than the ring"),
        pytest.param(DISCARD_BIT | 0x3FFFFFF8, 64, "reaches beyond", id="a discarded one of a gigabyte"),
        pytest.param(40, 40, "40 bytes reaches beyond", id="a longer one cut"),
        pytest.param(SAMPLE_BYTES, PAGE + 8, "produced up to", id="more than the ring holds"),
        pytest.param(SAMPLE_BYTES, -8, "produced up to", id="a producer behind its consumer"),
        pytest.param(7, 64, "records of 7 bytes", id="a size of nobody's"),
    ],
)
def test_never_reads_beyond_what_was_produced(start: int, length: int, produced: int, says: str) -> None:
    """A ring that is corrupt raises, at once, and its consumer's position stays within what was produced."""
    start += PAGE  # behind it is before 0 otherwise
    made_up = MadeUpRing(PAGE, start)
    reader = RingRuns(made_up.ring, lambda _samples: None, {LONGER: lambda _samples: None})
    for _ in range(3):
        made_up.submit(1, 2, 3, 4)
    made_up.corrupt(start, length, produced=start + produced)
    with pytest.raises(ValueError, match=says):
        reader.consume()
    assert start <= made_up.consumed <= max(start, start + produced)


@settings(max_examples=300, deadline=None)
@given(
    start=st.integers(0, 2 * PAGE // 8).map(lambda n: n * 8),
    words=st.lists(
        st.one_of(
            st.integers(0, 2**32 - 1),
            st.sampled_from([SAMPLE_BYTES, 40, 5, 0, 1 << 30, 1 << 31, 3 << 30, SAMPLE_BYTES | 1 << 30]),
        ),
        max_size=64,
    ),
    produced=st.one_of(st.integers(-PAGE, 2 * PAGE), st.integers(0, 64).map(lambda n: n * 8)),
)
def test_any_memory_is_refused_or_read_within_its_bounds(start: int, words: list[int], produced: int) -> None:
    """Whatever stands in a ring and in its positions: an error or an end, and no record beyond the producer's."""
    start += PAGE
    made_up = MadeUpRing(PAGE, start)
    for number, word in enumerate(words):
        made_up.corrupt(start + 8 * number, word)
    made_up.corrupt(start, words[0] if words else 0, produced=start + produced)
    taken = 0

    def take(samples: Samples) -> None:
        nonlocal taken
        taken += len(samples) * samples.strides[0]

    reader = RingRuns(made_up.ring, take, {LONGER: take, ODD: take})
    with contextlib.suppress(ValueError):
        reader.consume()
    assert start <= made_up.consumed <= max(start, start + produced)
    assert taken <= max(0, produced)


def test_refuses_two_kinds_of_one_size() -> None:
    """Only the length tells records apart."""
    with pytest.raises(ValueError, match="samples of 24 bytes"):
        RingRuns(
            MadeUpRing(PAGE).ring, lambda _samples: None, {np.dtype([("h", "V8"), ("x", "V24")]): lambda _samples: None}
        )


@pytest.mark.parametrize(
    ("machine", "can"), [("x86_64", True), ("AMD64", True), ("aarch64", False), ("riscv64", False)]
)
def test_says_where_it_cannot_keep_the_order(monkeypatch: pytest.MonkeyPatch, machine: str, can: bool) -> None:
    """Without a promise about the order of loads there is a reason and another reader, not a wrong count."""
    monkeypatch.setattr("platform.machine", lambda: machine)
    reason = BatchReader.unsupported()
    assert (reason is None) is can
    assert reason is None or "callback" in reason
