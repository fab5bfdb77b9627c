"""How much waits, as seen by somebody who looks at two positions while both move."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable

import pytest

from bpf.log import PLACE_BYTES, Places
from bpf.perf import RECORD_BYTES as PERF_BYTES
from bpf.perf import PerfPositions
from bpf.ring import RECORD_BYTES, RingPositions
from tests.bpf.made_up_perf import MadeUpPerf

PAGE = 4096
WAITING = 10


class Overtaken:
    """Positions of a consumer that takes some records more, made meanwhile, whenever somebody has looked at one.

    Ten records always wait. After so many looks it rests; who looks a thousand times would look for ever.
    """

    def __init__(self, bytes_each: int, *, step: int = 100, looks: int = 3) -> None:
        self._step, self._looks, self.looked = step * bytes_each, looks, 0
        self.made = self._waiting = WAITING * bytes_each

    def _goes_on(self) -> None:
        self.looked += 1
        assert self.looked < 1000
        if self.looked <= self._looks:
            self.made += self._step

    def consumer(self) -> int:
        found = self.made - self._waiting
        self._goes_on()
        return found

    def producer(self) -> int:
        found = self.made
        self._goes_on()
        return found


class Loads:
    """A view of words, each of which is loaded by a function."""

    def __init__(self, words: dict[int, Callable[[], int]]) -> None:
        self._words = words

    def __getitem__(self, at: int) -> int:
        return self._words[at]()


def of_ring(overtaken: Overtaken) -> int:
    descriptor = os.memfd_create("ring")
    os.truncate(descriptor, 2 * PAGE)
    positions = RingPositions(descriptor)
    os.close(descriptor)
    positions._consumer, positions._producer = Loads({0: overtaken.consumer}), Loads({0: overtaken.producer})  # type: ignore[assignment]
    return positions.unread_records


def of_perf(overtaken: Overtaken) -> int:
    positions, buffer = PerfPositions([], PAGE), MadeUpPerf(PAGE).buffer
    buffer.tail, buffer.head = Loads({0: overtaken.consumer}), Loads({0: overtaken.producer})  # type: ignore[assignment]
    positions._buffers = [buffer]
    return positions.unread_records


def of_log(overtaken: Overtaken) -> int:
    descriptor = os.memfd_create("places")
    os.truncate(descriptor, max(mmap.PAGESIZE, PLACE_BYTES))
    places = Places(descriptor, 1)
    os.close(descriptor)
    places.words = [Loads({0: overtaken.producer, 8: overtaken.consumer})]  # type: ignore[list-item]
    return places.unread(64)


of_each = pytest.mark.parametrize(
    ("seen", "bytes_each"),
    [
        pytest.param(of_ring, RECORD_BYTES, id="ring"),
        pytest.param(of_perf, PERF_BYTES, id="perf buffer"),
        pytest.param(of_log, 1, id="log"),
    ],
)


@of_each
def test_what_waits_is_told_as_of_one_moment(seen: Callable[[Overtaken], int], bytes_each: int) -> None:
    """Never less than nothing, nor more than there was: not what went through between the two loads."""
    assert seen(Overtaken(bytes_each)) == WAITING


@of_each
@pytest.mark.parametrize(("step", "least"), [(1, WAITING - 1), (100, 0)])
def test_of_a_consumer_that_never_rests_it_is_what_surely_waits(
    seen: Callable[[Overtaken], int], bytes_each: int, step: int, least: int
) -> None:
    """The look ends, however often the positions change: with what waited, less what was taken after that."""
    assert seen(Overtaken(bytes_each, step=step, looks=10**9)) == least
