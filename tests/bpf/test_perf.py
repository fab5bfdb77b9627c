"""The perf buffer's reader against a reference model, over a buffer in ordinary memory."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf.perf import LOST, RECORD_BYTES, SAMPLE, SAMPLE_AT
from bpf.perf_runs import PerfRuns
from bpf.record import RECORD, Samples
from tests.bpf.made_up_perf import HEADER, MadeUpPerf

PAGE = 4096
ROOM = (PAGE - 1) // RECORD_BYTES
RAW_BYTES = RECORD_BYTES - SAMPLE_AT

start_places = st.integers(0, 2 * PAGE // 8).map(lambda n: n * 8)


@settings(max_examples=300, deadline=None)
@given(
    start=start_places,
    steps=st.lists(st.one_of(st.integers(1, 2 * ROOM), st.just(0), st.just(1)), max_size=40),
)
def test_reads_what_a_queue_would_give(start: int, steps: list[int]) -> None:
    """However much comes between two passes: all that found room is read, in order, and each told loss is known."""
    made_up, taken, waiting = MadeUpPerf(PAGE, start), list[int](), list[int]()
    expected: list[int] = []

    def take(samples: Samples) -> None:
        assert samples.dtype is RECORD
        assert (samples["location"] == samples["timestamp"] + 1).all()
        assert samples["page_offset"].tolist() == [RAW_BYTES] * len(samples)
        taken.extend(samples["timestamp"].tolist())

    reader, number = PerfRuns(made_up.buffer, take), 0
    for step in steps:
        for _ in range(step):
            number += 1
            if made_up.submit(number, number + 1, 2, 3):
                waiting.append(number)
        assert reader.unread() == len(waiting)
        if not step:
            assert reader.consume() == len(waiting)
            expected += waiting
            waiting.clear()
            assert (taken, made_up.tail, reader.told) == (expected, made_up.head, made_up.told)
            assert reader.checksum == sum(expected)


@pytest.mark.parametrize("before_end", range(8, RECORD_BYTES + 8, 8))
def test_a_record_that_breaks_at_the_end_is_read_whole(before_end: int) -> None:
    """Wherever it breaks, its header's end included; those before and behind it come as they would without."""
    made_up, taken = MadeUpPerf(PAGE, 3 * PAGE - 2 * RECORD_BYTES - before_end), list[tuple[int, ...]]()
    for number in range(5):
        made_up.submit(number, 2**64 - 1 - number, number * 3, number * 5)
    reader = PerfRuns(made_up.buffer, lambda samples: taken.extend(row[2:] for row in samples.tolist()))
    assert reader.consume() == 5
    assert taken == [(number, 2**64 - 1 - number, number * 3, number * 5) for number in range(5)]


@pytest.mark.parametrize("before_end", range(8, 32, 8))
def test_a_loss_that_breaks_at_the_end_is_known(before_end: int) -> None:
    """The count may lie on the other side."""
    made_up = MadeUpPerf(PAGE, PAGE - before_end)
    made_up.write(HEADER.pack(LOST, 0, 24) + struct.pack("=QQ", 1, 98))
    made_up.submit(1, 2, 3, 4)
    reader = PerfRuns(made_up.buffer, lambda _samples: None)
    assert (reader.unread(), reader.consume(), reader.told) == (1, 1, 98)


def test_the_tail_of_a_loss_is_told_in_no_record() -> None:
    """What comes after the last record that found room: the kernel's own count knows it, and no LOST record does."""
    made_up = MadeUpPerf(PAGE)
    for number in range(200):
        made_up.submit(number, 2, 3, 4)
    reader = PerfRuns(made_up.buffer, lambda _samples: None)
    assert (reader.consume(), reader.told, made_up.refused) == (ROOM, 0, 200 - ROOM)
    made_up.submit(1, 2, 3, 4)
    assert (reader.consume(), reader.told) == (1, 200 - ROOM)


def test_gives_room_while_a_slow_taker_works() -> None:
    """No more than a part of the buffer is held back until the taker returns, and nothing is released before it is."""
    made_up = MadeUpPerf(PAGE)
    while made_up.submit(1, 2, 3, 4):
        pass
    free: list[int] = []
    PerfRuns(made_up.buffer, lambda _samples: free.append(made_up.free_bytes)).consume()
    assert free == sorted(free)
    assert free[0] < RECORD_BYTES
    assert free[-1] >= PAGE // 2


def test_a_taker_that_raises_leaves_its_records_unread() -> None:
    """The ledger counts what was not finished as unread."""
    made_up = MadeUpPerf(PAGE)
    made_up.submit(1, 2, 3, 4)

    def fail(_samples: Samples) -> None:
        raise RuntimeError("a mode's own mistake")

    reader = PerfRuns(made_up.buffer, fail)
    with pytest.raises(RuntimeError):
        reader.consume()
    assert (made_up.tail, reader.unread(), reader.records_read) == (0, 1, 0)


@pytest.mark.parametrize("start", [0, PAGE - 64, PAGE - 8])
@pytest.mark.parametrize(
    ("header", "head", "says"),
    [
        pytest.param((SAMPLE, 0, 40), 32, "type 9 and 40 bytes where 32", id="a record half there"),
        pytest.param((SAMPLE, 0, 48), 120, "type 9 and 48 bytes", id="a longer one"),
        pytest.param((SAMPLE, 0, 32), 120, "type 9 and 32 bytes", id="a shorter one"),
        pytest.param((SAMPLE, 0, 65528), 120, "type 9 and 65528 bytes", id="one beyond all"),
        pytest.param((SAMPLE, 0, 0), 120, "type 9 and 0 bytes", id="one of nothing"),
        pytest.param((LOST, 0, 0), 120, "type 2 and 0 bytes", id="a loss of nothing"),
        pytest.param((LOST, 0, 16), 120, "type 2 and 16 bytes", id="a loss without a count"),
        pytest.param((LOST, 0, 28), 120, "type 2 and 28 bytes", id="a loss of an odd size"),
        pytest.param((LOST, 0, 128), 120, "type 2 and 128 bytes", id="a loss beyond what was written"),
        pytest.param((5, 0, 32), 120, "type 5 and 32 bytes", id="another's kind"),
        pytest.param((0, 0, 40), 120, "type 0 and 40 bytes", id="no kind"),
        pytest.param((SAMPLE, 0, 40), PAGE + 8, "written up to", id="more than it holds"),
        pytest.param((SAMPLE, 0, 40), -8, "written up to", id="a producer behind its consumer"),
    ],
)
def test_never_reads_beyond_what_was_written(start: int, header: tuple[int, ...], head: int, says: str) -> None:
    """A buffer that is corrupt raises, at once and each time, and nothing of it is handed over or released."""
    start += PAGE
    made_up = MadeUpPerf(PAGE, start)
    taken: list[int] = []
    reader = PerfRuns(made_up.buffer, lambda samples: taken.append(len(samples)))
    for _ in range(3):
        made_up.submit(1, 2, 3, 4)
    made_up.corrupt(start, HEADER.pack(*header), head=start + head)
    for _ in range(2):
        with pytest.raises(ValueError, match=says):
            reader.consume()
    assert (taken, made_up.tail) == ([], start)


def test_what_stands_before_a_corrupt_record_is_read() -> None:
    """And that alone; what waits is counted up to it."""
    made_up = MadeUpPerf(PAGE)
    for _ in range(5):
        made_up.submit(1, 2, 3, 4)
    made_up.corrupt(2 * RECORD_BYTES, HEADER.pack(SAMPLE, 1, 24))
    reader = PerfRuns(made_up.buffer, lambda _samples: None)
    assert reader.unread() == 2
    with pytest.raises(ValueError, match="type 9 and 24 bytes where 120"):
        reader.consume()
    assert (reader.records_read, made_up.tail, reader.unread()) == (2, 2 * RECORD_BYTES, 0)


def test_what_waits_is_counted_once_round_whatever_the_position_says() -> None:
    """Losses without an end, and a producer at the end of all positions."""
    made_up = MadeUpPerf(PAGE)
    for _ in range(PAGE // 64):
        made_up.write(HEADER.pack(LOST, 0, 64) + bytes(56))
    made_up.corrupt(0, b"", head=2**62)
    assert PerfRuns(made_up.buffer, lambda _samples: None).unread() == 0


@pytest.mark.parametrize("raw_bytes", [0, RAW_BYTES - 4, RAW_BYTES + 4, 0xFFFFFFFF])
@pytest.mark.parametrize("start", [0, PAGE - 8])
def test_an_output_whose_own_length_is_another_is_refused(start: int, raw_bytes: int) -> None:
    """Wherever that stands: the record is of our size, and what is in it is not."""
    made_up = MadeUpPerf(PAGE, start)
    made_up.submit(1, 2, 3, 4)
    made_up.corrupt(start + 8, struct.pack("=I", raw_bytes))
    with pytest.raises(ValueError, match="not ours"):
        PerfRuns(made_up.buffer, lambda _samples: None).consume()


@settings(max_examples=300, deadline=None)
@given(
    start=start_places,
    words=st.lists(
        st.one_of(
            st.integers(0, 2**64 - 1),
            st.sampled_from([SAMPLE | 40 << 48, SAMPLE | 1 << 32 | 40 << 48, RAW_BYTES, LOST | 24 << 48, 0]),
        ),
        max_size=64,
    ),
    written=st.one_of(st.integers(-PAGE, 2 * PAGE), st.integers(0, 64).map(lambda n: n * 8)),
)
def test_any_memory_is_refused_or_read_within_its_bounds(start: int, words: list[int], written: int) -> None:
    """Whatever stands in a buffer and in its positions: an error or an end, and no record beyond the producer's."""
    start += PAGE
    made_up = MadeUpPerf(PAGE, start)
    made_up.corrupt(start, struct.pack(f"={len(words)}Q", *words), head=start + written)
    taken = 0

    def take(samples: Samples) -> None:
        nonlocal taken
        taken += len(samples) * RECORD_BYTES

    reader = PerfRuns(made_up.buffer, take)
    counted = reader.unread() if 0 <= written <= PAGE else 0
    with contextlib.suppress(ValueError):
        reader.consume()
    assert start <= made_up.tail <= max(start, start + written)
    assert taken <= max(0, written)
    assert reader.records_read == counted
