"""The log's reader against a writer that stops between any two of its stores, in ordinary memory."""

from __future__ import annotations

import itertools
import mmap
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf import log
from bpf.log import PLACE_BYTES, Places, Segment
from tests.draining import drain

SLOTS = 8
SLOT = np.dtype([("opened", "<u4"), ("closed", "<u4"), ("a", "<u8"), ("b", "<u8"), ("c", "<u8")])
WORDS = ("a", "b", "c")
# A store of a record, and the three words around it.
STORES = len(WORDS) + 3


class Writer:
    """Does what log_write() of log.h does, in the same order, a store at each step."""

    def __init__(self, begin: int = 0) -> None:
        self._memory = mmap.mmap(-1, SLOTS * SLOT.itemsize)
        self.slots = np.frombuffer(self._memory, SLOT, SLOTS)
        self.place = memoryview(bytearray(PLACE_BYTES)).cast("Q")
        self.place[0] = self.place[8] = begin
        self._steps = self._stores(begin)

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            next(self._steps)

    def write(self, records: int = 1) -> None:
        self.step(records * STORES)

    def _stores(self, number: int) -> Iterator[None]:
        while True:
            slot = self.slots[number % SLOTS : number % SLOTS + 1]
            slot["opened"] = number % 2**32
            yield
            for word in WORDS:
                slot[word] = payload(number)
                yield
            slot["closed"] = number % 2**32
            yield
            number += 1
            self.place[0] = number
            yield


def payload(number: int) -> int:
    """Every word of a record says which it belongs to."""
    return (number % 2**32 + 1) * 0x9E3779B97F4A7C15 % 2**64


class Torn(Exception):
    """A record holds what is not its own."""


class Interrupted(Segment):
    """Is interrupted at stated moments, for so many stores of the writer: before each word that it copies, or after."""

    def __init__(self, writer: Writer, taken: list[int], moments: Sequence[int], order: Sequence[int]) -> None:
        super().__init__(writer.place, writer.slots, self._keep, overwrites=True)
        self._writer, self._taken, self.moments, self._order = writer, taken, iter(moments), order

    def _keep(self, records: npt.NDArray[np.void]) -> None:
        for row in records:
            number = int(row["opened"])
            if any(int(row[word]) != payload(number) for word in WORDS):
                raise Torn(row)
            self._taken.append(number)

    def _copy(self, live: npt.NDArray[np.void], copies: npt.NDArray[np.void]) -> None:
        """Copy a word at a time, in any order."""
        fields = [(place, name) for place in range(len(live)) for name in ("opened", "closed", *WORDS)]
        for at in sorted(range(len(fields)), key=lambda at: self._order[at % len(self._order)]):
            place, name = fields[at]
            self._writer.step(next(self.moments, 0))
            copies[name][place] = live[name][place]
        self._writer.step(next(self.moments, 0))


class WithoutASecondLook(Interrupted):
    """Believes what it has copied."""

    def _look_again(self, live: npt.NDArray[np.void], _expected: npt.NDArray[np.uint32]) -> Any:
        return np.ones(len(live), np.bool_)


class WithoutAFirstLook(Interrupted):
    """Believes `opened` alone, of a record that is still being written."""

    def _look(self, live: npt.NDArray[np.void]) -> Any:
        live = live.copy()
        live["closed"] = np.arange(self._position, self._position + len(live)) % 2**32
        return super()._look(live)


moments = st.lists(st.integers(0, 2 * STORES * SLOTS), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    begin=st.sampled_from([0, 5, 2**32 - 3, 2**40 - 1]),
    before=st.integers(0, 3 * SLOTS * STORES),
    passes=st.lists(moments, min_size=1, max_size=4),
    order=st.lists(st.integers(0, 9), min_size=1, max_size=40),
)
def test_what_is_accepted_is_whole_and_what_is_not_is_counted(
    begin: int, before: int, passes: list[list[int]], order: list[int]
) -> None:
    """Wherever the writer stops and goes on: each record once, in order, with its own words; the rest overwritten."""
    writer, taken = Writer(begin), list[int]()
    reader = Interrupted(writer, taken, [each for one in passes for each in one], order)
    writer.step(before)
    for _ in passes:
        reader.consume()
        assert reader.overwritten + reader.records_read + begin <= writer.place[0]
    reader.moments = iter(())  # the writer has stopped
    drain(reader.consume)
    written = writer.place[0] - begin
    numbers = [begin + (number - begin) % 2**32 for number in taken]
    assert numbers == sorted(set(numbers))
    assert (reader.records_read, reader.unread()) == (len(taken), 0)
    assert reader.gone() == reader.overwritten == written - len(taken)
    assert writer.place[9] == reader.overwritten


@pytest.mark.parametrize("kind", [WithoutASecondLook, WithoutAFirstLook])
def test_a_reader_that_leaves_a_look_out_takes_torn_records(kind: type[Interrupted]) -> None:
    """In the same interleavings the whole reader takes none.

    The writer laps it in the middle of a copy; or `next` promises what is not whole yet, and the words tell.
    """
    torn = {Interrupted: False, kind: False}
    for one in torn:
        for stores in range(1, 2 * STORES * SLOTS):
            writer, taken = Writer(), list[int]()
            writer.write(SLOTS)
            if kind is WithoutAFirstLook:
                writer.step(stores % (STORES - 1))
                writer.place[0] += 1
                reader = one(writer, taken, [], [0])
            else:
                reader = one(writer, taken, [0, 0, 0, stores], [0])
            try:
                reader.consume()
            except Torn:
                torn[one] = True
    assert torn == {Interrupted: False, kind: True}


@pytest.mark.parametrize("begin", [0, 2**32 - SLOTS // 2])
def test_in_place_all_is_there_that_next_says(begin: int) -> None:
    """A log that does not overwrite: in runs of at most a part of it, with what is taken told to the writer."""
    writer, seen = Writer(begin), list[list[int]]()
    reader = Segment(writer.place, writer.slots, lambda records: seen.append(records["a"].tolist()))
    writer.write(SLOTS - 1)
    writer.step(STORES - 1)  # and one more, told by its last store
    assert (reader.unread(), reader.consume(), reader.unread()) == (SLOTS - 1, SLOTS - 1, 0)
    assert writer.place[8] == begin + SLOTS - 1
    writer.step()
    assert reader.consume() == 1
    assert list(itertools.chain(*seen)) == [payload(number) for number in range(begin, begin + SLOTS)]
    assert max(map(len, seen)) <= SLOTS // 4
    assert reader.overwritten == reader.gone() == 0


def test_in_place_what_is_not_there_is_no_log_of_ours() -> None:
    """`next` says that it was written: another's memory, or a broken one."""
    writer = Writer()
    writer.write(3)
    writer.slots["closed"][1] ^= 1
    with pytest.raises(ValueError, match="corrupt"):
        Segment(writer.place, writer.slots, lambda _records: None).consume()


def test_what_take_answers_ends_the_pass_after_its_records() -> None:
    """None were lost by it: the next pass goes on."""
    writer, seen = Writer(), list[int]()
    reader = Segment(writer.place, writer.slots, lambda records: seen.append(len(records)) or len(seen) == 1)
    writer.write(SLOTS)
    assert reader.consume() == SLOTS // 4
    assert reader.consume() == SLOTS - SLOTS // 4


def test_a_reader_that_comes_late_counts_what_it_cannot_find_any_more() -> None:
    """Nobody looked for three rounds: the last of them is there, and the numbers tell how many are not."""
    writer, taken = Writer(), list[int]()
    reader = Interrupted(writer, taken, [], [0])
    writer.write(3 * SLOTS + 2)
    assert (reader.unread(), reader.gone()) == (SLOTS, 2 * SLOTS + 2)
    assert reader.consume() == SLOTS
    assert (reader.overwritten, reader.gone(), reader.unread()) == (2 * SLOTS + 2, 2 * SLOTS + 2, 0)


def test_positions_are_told_from_outside(tmp_path: Path) -> None:
    """Of each CPU; what lies further back than the slots waits no more."""
    words = np.zeros((2, PLACE_BYTES // 8), np.uint64)
    words[:, 0], words[:, 8], words[:, 9] = (5, 100), (3, 20), (0, 7)
    with (tmp_path / "places").open("w+b") as file:
        file.write(words.tobytes().ljust(mmap.PAGESIZE, b"\0"))
        file.flush()
        places = Places(file.fileno(), 2)
        assert (places.unread(SLOTS), places.overwritten()) == (2 + SLOTS, 7)


@pytest.mark.parametrize(("machine", "can"), [("x86_64", True), ("AMD64", True), ("aarch64", False)])
def test_says_where_the_order_cannot_be_had(monkeypatch: pytest.MonkeyPatch, machine: str, can: bool) -> None:
    """With the reason: a processor that reorders stores would make the proof worthless."""
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert (log.unsupported() is None) is can


def test_it_stands_on_numpy_alone() -> None:
    """It can be copied: nothing of ours is imported."""
    # ./test has Python look in no working folder of its own accord.
    look = "import sys; sys.path.insert(0, '.')"
    code = f"{look}; import log; print(sorted({{'bpf', 'harness', 'results', 'modes'}} & {{*sys.modules}}))"
    folder = Path(log.__file__).parent
    ended = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
