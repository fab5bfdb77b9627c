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
    """Positions of a consumer that takes a hundred records more, made meanwhile, whenever somebody has looked at one.

    Ten records always wait.
    """

    def __init__(self, bytes_each: int) -> None:
        self._each, self._looks = bytes_each, 3
        self.made = WAITING * bytes_each

    def _goes_on(self) -> None:
        if self._looks:
            self._looks -= 1
            self.made += 100 * self._each

    def consumer(self) -> int:
        found = self.made - WAITING * self._each
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


@pytest.mark.parametrize(
    ("seen", "bytes_each"),
    [
        pytest.param(of_ring, RECORD_BYTES, id="ring"),
        pytest.param(of_perf, PERF_BYTES, id="perf buffer"),
        pytest.param(of_log, 1, id="log"),
    ],
)
def test_what_waits_is_told_as_of_one_moment(seen: Callable[[Overtaken], int], bytes_each: int) -> None:
    """Never less than nothing, nor more than there was: not what went through between the two loads."""
    assert seen(Overtaken(bytes_each)) == WAITING
