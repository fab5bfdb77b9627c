"""Readers beside a producer that works between any two of their loads: passes as Python runs them, in fake memory."""

from __future__ import annotations

import ctypes
import importlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf import perf_runs, ring_runs
from bpf.block import BLOCK_WORDS, MEMORY, OVERWRITTEN, TOLD, address
from bpf.record import SAMPLE_STRUCT, Samples
from tests.bpf.made_up_perf import MadeUpPerf
from tests.bpf.made_up_ring import MadeUpRing
from tests.bpf.numba_here import needs_numba
from tests.bpf.test_log import SLOTS, STORES, WORDS, Writer, payload
from tests.draining import drain

PAGE = 4096
Moves = Iterator[Callable[[], object]]


class Pass:
    """A pass of bpf/passes.py whose every load of shared memory is preceded by a move of the producer.

    Its step takes addresses.
    """

    def __init__(self, kind: str, words: Sequence[int], step: Callable[[int], object], moves: Moves) -> None:
        self._passes = importlib.import_module("bpf.passes")  # needs numba
        self._moves = moves
        self._run = self._passes.PASSES_OF[kind](step, lambda _block: ())
        self.block = np.zeros(BLOCK_WORDS, np.int64)
        self.block[MEMORY : MEMORY + len(words)] = words

    def consume(self) -> int:
        signed = {"load": ctypes.c_int64, "acquire": ctypes.c_int64}
        unsigned = {"load_32": ctypes.c_uint32, "acquire_32": ctypes.c_uint32}
        with pytest.MonkeyPatch.context() as patch:
            for name, kind in (signed | unsigned).items():
                patch.setattr(self._passes, name, self._loading(kind))
            for name in ("store", "release"):
                patch.setattr(self._passes, name, _store)
            patch.setattr(self._passes, "record_at", lambda at: at)
            patch.setattr(self._passes, "settled", lambda: None)
            return int(self._run(self.block.ctypes.data))

    def _loading(self, kind: type[ctypes.c_int64 | ctypes.c_uint32]) -> Callable[[int], int]:
        block = range(self.block.ctypes.data, self.block.ctypes.data + self.block.nbytes)

        def loading(at: int) -> int:
            if at not in block:
                next(self._moves, int)()
            return int(kind.from_address(at).value)

        return loading


def _store(at: int, value: int) -> None:
    ctypes.c_int64.from_address(at).value = value


class Watched:
    """A view whose every load is preceded by a move of the producer."""

    def __init__(self, view: memoryview, moves: Moves) -> None:
        self._view, self._moves = view, moves

    def __getitem__(self, at: int) -> int:
        next(self._moves, int)()
        return int(self._view[at])


class Producer:
    """Reserves, finishes and discards records of a ring, of ours or of another size; only ours are ever finished."""

    def __init__(self, ring: MadeUpRing) -> None:
        self._ring, self._busy, self._number = ring, list[tuple[int, bool]](), 0
        self.made: dict[int, int] = {}

    def moves(self, drawn: Sequence[tuple[str, int]]) -> Moves:
        return (partial(getattr(self, what), which) for what, which in drawn)

    def nothing(self, _which: int) -> None:
        """Let the reader go on."""

    def reserve(self, which: int) -> None:
        self._number += 1
        ours = which < 6
        sample = SAMPLE_STRUCT.pack(self._number, 2, 3, 4) if ours else bytes(which)
        position = self._ring.reserve(sample)
        if position is not None:
            self._busy.append((position, ours))

    def finish(self, which: int) -> None:
        if self._busy:
            position, ours = self._busy.pop(max(0, which - 6) % len(self._busy))  # the first, more often than not
            if ours:
                self.made[position] = self._stamp(position)
            self._ring.commit(position, discard=not ours)

    def discard(self, which: int) -> None:
        if self._busy:
            self._ring.commit(self._busy.pop(which % len(self._busy))[0], discard=True)

    def finish_all(self) -> None:
        while self._busy:
            self.finish(0)

    def _stamp(self, position: int) -> int:
        place = position % self._ring.size_bytes + 8
        return int.from_bytes(self._ring.ring.data[place : place + 8], "little")


moves = st.lists(
    st.tuples(st.sampled_from(("nothing", "reserve", "reserve", "finish", "finish", "discard")), st.integers(0, 9)),
    max_size=100,
)


def compiled_ring(made_up: MadeUpRing, taken: list[int], moves: Moves) -> Callable[[], int]:
    def step(at: int) -> None:
        taken.append(ctypes.c_int64.from_address(at + 8).value)

    return Pass("ring", ring_runs.memory_of(made_up.ring).words, step, moves).consume


def batch_ring(made_up: MadeUpRing, taken: list[int], moves: Moves) -> Callable[[], int]:
    def take(samples: Samples) -> None:
        next(moves, int)()
        taken.extend(samples["timestamp"].tolist())

    reader = ring_runs.RingRuns(made_up.ring, take)
    made_up.ring.producer = Watched(made_up.ring.producer, moves)  # type: ignore[assignment]
    made_up.ring.words = Watched(made_up.ring.words, moves)  # type: ignore[assignment]
    return reader.consume


@pytest.mark.parametrize("opened", [pytest.param(compiled_ring, marks=needs_numba), batch_ring])
@settings(max_examples=300, deadline=None)
@given(drawn=moves, start=st.integers(0, PAGE // 8).map(lambda number: number * 8))
def test_a_ring_is_read_whole_whatever_its_producer_does_between_two_loads(
    opened: Callable[[MadeUpRing, list[int], Moves], Callable[[], int]], drawn: list[tuple[str, int]], start: int
) -> None:
    """Nothing in it is called corrupt; what is finished comes once, whole and in order, and nothing else does."""
    made_up, taken = MadeUpRing(PAGE, start), list[int]()
    producer = Producer(made_up)
    left = producer.moves(drawn)
    consume = opened(made_up, taken, left)
    for _ in drawn:
        before = len(taken)
        assert consume() == len(taken) - before
    producer.finish_all()
    drain(consume)
    consume()  # of discarded ones alone, it tells none
    assert taken == [stamp for _position, stamp in sorted(producer.made.items())]
    assert made_up.consumed == made_up.produced


@needs_numba
@settings(max_examples=300, deadline=None)
@given(begin=st.sampled_from((0, 3, 2**32 - 9)), stores=st.lists(st.integers(0, 2 * STORES), max_size=400))
def test_a_log_s_pass_takes_nothing_that_is_torn(begin: int, stores: list[int]) -> None:
    """Overwritten between any two of its loads: what is taken is whole and in order, the rest is counted, once."""
    writer, taken, stored = Writer(begin), list[int](), list[int]()

    def step(at: int) -> None:
        number = ctypes.c_uint32.from_address(at).value
        words = [ctypes.c_uint64.from_address(at + 8 + 8 * place).value for place in range(len(WORDS))]
        assert words == [payload(number)] * len(WORDS)
        taken.append(number)

    def move(count: int) -> None:
        stored.append(count)
        writer.step(count)

    words = address(writer.place), address(memoryview(writer.slots)), SLOTS, 1, 4
    one_pass = Pass("log", words, step, (partial(move, count) for count in stores))
    for _ in range(6):
        before = len(taken)
        assert one_pass.consume() == len(taken) - before
    move(-sum(stored) % STORES)
    one_pass.consume()
    numbers = [(number - begin) % 2**32 for number in taken]
    assert numbers == sorted(set(numbers))
    assert writer.place[0] - begin == len(taken) + one_pass.block[OVERWRITTEN] == len(taken) + writer.place[9]
    assert writer.place[8] == writer.place[0]


@needs_numba
@settings(max_examples=200, deadline=None)
@given(
    start=st.integers(0, PAGE // 8).map(lambda number: number * 8), counts=st.lists(st.integers(0, 40), max_size=200)
)
def test_a_perf_buffer_s_pass_takes_what_was_there(start: int, counts: list[int]) -> None:
    """However much is output between two of its loads."""
    made_up, taken, made = MadeUpPerf(PAGE, start), list[int](), list[int]()
    numbers = itertools.count(1)

    def output(count: int) -> None:
        for number in itertools.islice(numbers, count):
            if made_up.submit(number, 2, 3, 4):
                made.append(number)

    def step(at: int) -> None:
        taken.append(ctypes.c_int64.from_address(at + 8).value)

    moves = (partial(output, count) for count in counts)
    one_pass = Pass("perf", perf_runs.memory_of(made_up.buffer).words, step, moves)
    for _ in range(6):
        before = len(taken)
        assert one_pass.consume() == len(taken) - before
    for move in moves:
        move()
    drain(one_pass.consume)
    assert (taken, made_up.tail) == (made, made_up.head)
    assert one_pass.block[TOLD] == made_up.told
