# SPDX-License-Identifier: MIT
"""Read a log of log.h, with numpy alone: this file and that one may be copied into any tool of bcc's.

    log = Log(bpf["log_places"].map_fd, bpf["log_slots"].map_fd, cpus=LOG_CPUS, slots=LOG_SLOTS, slot=SLOT)
    segments = [log.segment(cpu, take) for cpu in range(LOG_CPUS)]
    ...
    for segment in segments:
        segment.consume()

Nobody is woken: look when it suits you, often enough for what the slots hold.

How a record proves itself. The program stores `opened`, then the record, then `closed`, then `next`; each of the two
words is the record's number. A reader looks at `closed`, copies, and looks at `opened` again. `closed` is the number of
the record that is looked for: all of it was there. `opened` still is: of the next that gets this slot not a word had
been stored. Both hold on a processor that keeps stores in order, and loads in order, as x86-64 does. A log that does
not overwrite has no such next, and is read in place.

Records begin with number 0, so those that were never seen are counted by the numbers alone: as many as are missing
before the last that was read. `next` says only where to look.
"""

from __future__ import annotations

import mmap
import platform
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

PLACE_BYTES = 128
_NEXT, _TAKEN, _OVERWRITTEN = 0, 8, 9  # words of struct log_place
_TRIES = 16
CHUNK_BYTES = 512 * 1024
"""Looked at in one go at the most."""
SHARE = 4
"""Of a segment: a slow `take` holds no more back, and copies less that is overwritten meanwhile."""

Records = npt.NDArray[np.void]
Take = Callable[[Records], Any]
"""Is handed records, valid until it returns; with what is true, it ends the pass."""


def unsupported() -> str | None:
    """Say why this machine cannot be trusted with a log, or None."""
    machine = platform.machine()
    if machine in ("x86_64", "AMD64"):
        return None
    return f"on {machine} the processor may reorder stores and loads, which neither a BPF program nor Python can forbid"


class Log:
    """The two arrays, mapped. `slot` has two words of 32 bits, whatever they are called, before the record's fields."""

    def __init__(self, places_fd: int, slots_fd: int, *, cpus: int, slots: int, slot: np.dtype[np.void]) -> None:
        self._places = Places(places_fd, cpus, writable=True)
        memory = mmap.mmap(slots_fd, _pages(cpus * slots * slot.itemsize), mmap.MAP_SHARED, mmap.PROT_READ)
        self._slots = np.frombuffer(memory, slot, cpus * slots).reshape(cpus, slots)

    def segment(self, cpu: int, take: Take, *, overwrites: bool = False) -> Segment:
        """Return a reader of what a CPU writes; there is one at a time."""
        return Segment(self._places.words[cpu], self._slots[cpu], take, overwrites=overwrites)

    def memory(self, cpu: int) -> tuple[memoryview, memoryview]:
        """Return a CPU's place and its slots as they lie in memory."""
        return self._places.words[cpu], self._slots[cpu].data


class Places:
    """How far each CPU and its reader are, as words of struct log_place."""

    def __init__(self, places_fd: int, cpus: int, *, writable: bool = False) -> None:
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        # Views keep a mapping open for as long as one of them lives: it is not closed by hand.
        memory = memoryview(mmap.mmap(places_fd, _pages(cpus * PLACE_BYTES), mmap.MAP_SHARED, protection)).cast("Q")
        words = PLACE_BYTES // 8
        self.words = [memory[cpu * words : (cpu + 1) * words] for cpu in range(cpus)]

    def unread(self, slots: int) -> int:
        """Count what waits: what lies further back than the slots is gone."""
        return sum(min(_waiting(place), slots) for place in self.words)

    def overwritten(self) -> int:
        """Count what the reader has found overwritten so far."""
        return sum(place[_OVERWRITTEN] for place in self.words)

    def close(self) -> None:
        self.words.clear()


class Segment:
    """What one CPU wrote, read in its order.

    records_read    so many were handed over
    overwritten     so many came before the last of them, and were gone
    """

    def __init__(self, place: memoryview, slots: Records, take: Take, *, overwrites: bool = False) -> None:
        self._place, self._slots, self._take = place, slots, take
        self._opened, self._closed = (slots.dtype.names or ())[:2]
        self._position = place[_TAKEN]
        self._begin = self._end = self._position
        self._longest = max(1, min(CHUNK_BYTES // slots.itemsize, len(slots) // SHARE))
        self._numbers = np.arange(self._longest, dtype=np.uint32)
        self._expected = np.empty_like(self._numbers)
        self._closed_words = slots[self._closed]
        self._whole = np.empty(self._longest, np.bool_)
        self._still = np.empty(self._longest, np.bool_)
        self._copies = np.empty(self._longest, slots.dtype) if overwrites else None
        self.records_read = 0
        self.overwritten = 0

    def unread(self) -> int:
        """Count what waits to be read."""
        return int(min(self._place[_NEXT] - self._end, len(self._slots)))

    def gone(self) -> int:
        """Count what was overwritten, with what will be found so: it lies further back than the slots."""
        return self.overwritten + max(0, int(self._place[_NEXT] - self._end) - len(self._slots))

    def consume(self) -> int:
        """Take what was there when called, in one pass; return the number of records. Never waits.

        Raises ValueError where a record that must be there is not: the log is corrupt, or not ours.
        """
        place, slots = self._place, len(self._slots)
        before = self.records_read
        written = place[_NEXT]
        if self._copies is not None:
            self._position = max(self._position, written - slots)
        while self._position < written:
            at = self._position & (slots - 1)
            count = min(written - self._position, slots - at, self._longest)
            records = self._slots[at : at + count]
            if self._copies is None:
                self._look_in_place(at, count)
                halt = self._take(records)
                self.records_read += count
                self._end = self._position + count
            else:
                records = self._look(records)
                halt = self._take_copies(records) if len(records) else False
            self._position += count
            place[_TAKEN] = self._position
            if halt:
                break
        return self.records_read - before

    def _take_copies(self, records: Records) -> Any:
        halt = self._take(records)
        last = int(records[self._opened][-1])
        self.records_read += len(records)
        self._end = self._position + (last - self._position) % 2**32 + 1
        self.overwritten = self._end - self._begin - self.records_read
        self._place[_OVERWRITTEN] = self.overwritten
        return halt

    def _look_in_place(self, at: int, count: int) -> None:
        """Hold the sum of the records' numbers to what it must be: all are looked at, in half the time of comparing."""
        found = int(np.einsum("i->", self._closed_words[at : at + count]))
        if found != (self._position * count + count * (count - 1) // 2) % 2**32:
            raise ValueError(f"the log is corrupt: of {count} records from {self._position} on, some are others")

    def _look(self, live: Records) -> Records:
        """Return copies of those that prove themselves."""
        assert self._copies is not None
        count = len(live)
        expected, whole = self._expected[:count], self._whole[:count]
        np.add(self._numbers[:count], np.uint32(self._position & 0xFFFFFFFF), out=expected)
        np.equal(live[self._closed], expected, out=whole)
        copies = self._copies[:count]
        self._copy(live, copies)
        whole &= self._look_again(live, expected)
        return copies if whole.all() else copies[whole]

    def _copy(self, live: Records, copies: Records) -> None:
        np.copyto(copies, live)

    def _look_again(self, live: Records, expected: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Tell which records no other had begun to replace when they had been copied."""
        still: npt.NDArray[np.bool_] = np.equal(live[self._opened], expected, out=self._still[: len(live)])
        return still


def _waiting(place: memoryview) -> int:
    """Count what lies between two words that others move, as it was at one moment.

    Where the reader goes on at every try, it is what surely waited when the writer's word was loaded the last time.
    """
    taken = place[_TAKEN]
    for _ in range(_TRIES):
        written, before, taken = place[_NEXT], taken, place[_TAKEN]
        if taken == before:
            break
    return max(0, int(written - taken))


def _pages(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
