"""Runs of records in a mapped ring: looked at with numpy, many at a time, with no Python work per record."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bpf.block import Memory, address, pass_over
from bpf.channel import Part, Take
from bpf.fields import Record
from bpf.record import BUSY_BIT, DISCARD_BIT, HEADER_BYTES, RECORD, SAMPLE_BYTES
from bpf.ring import Ring, stride

CHUNK_BYTES = 512 * 1024
"""Looked at in one go at the most: 16,384 of our records, which stay in a second-level cache between the header check,
the checksum and the mode's own work. Measured in docs/consumers.md."""

RING_SHARE = 4
"""A chunk is at most this part of the ring, so that a slow `take` never holds back more than that."""

_SHORTEST_LOOK = 8


def unordered() -> str | None:
    """Say why Python cannot read a ring on this machine, or None.

    The producer releases its position and each header's length with ordered stores; a reader must load them in that
    order. x86-64 never reorders loads with loads or stores with earlier loads; elsewhere barriers would be needed,
    which Python cannot state.
    """
    machine = platform.machine()
    if machine in ("x86_64", "AMD64"):
        return None
    return f"on {machine} the processor may reorder loads, and Python has no barriers"


@dataclass(frozen=True, slots=True)
class _Layout:
    """One size of record, and who takes it; `longest` is how many are looked at in one go."""

    dtype: np.dtype[np.void]
    stride: int
    longest: int
    take: Take


class RingRuns:
    """Hand all that waits in the ring to `take`, in the order of the ring, as views of many records.

    `others` takes records of other sizes, where a ring holds any: by dtypes that begin with the header, as RECORD does.
    `checksum` is the sum of the timestamps of those of our size. `own` describes records that are a user's, in place of
    ours: of theirs there is no sum.
    """

    overwritten = 0

    def __init__(
        self,
        ring: Ring,
        take: Take,
        others: Mapping[np.dtype[np.void], Take] | None = None,
        *,
        own: Record | None = None,
    ) -> None:
        """Begin where the consumer's position stands. Raises ValueError for two dtypes of one size."""
        self._ring = ring
        self._mask = ring.size_bytes - 1
        self._position = ring.consumer[0]
        chunk = min(CHUNK_BYTES, ring.size_bytes // RING_SHARE)
        self._layouts: dict[int, _Layout] = {}
        ours = (RECORD, SAMPLE_BYTES, take) if own is None else (own.in_channel, own.sample.itemsize, take)
        theirs = ((dtype, dtype.itemsize - HEADER_BYTES, taker) for dtype, taker in (others or {}).items())
        for dtype, sample_bytes, taker in (ours, *theirs):
            if sample_bytes in self._layouts:
                raise ValueError(f"two kinds of record have samples of {sample_bytes} bytes: the ring tells them not")
            length = stride(sample_bytes)
            self._layouts[sample_bytes] = _Layout(dtype, length, max(1, chunk // length), taker)
        self._record_bytes = stride(ours[1])
        self._same_bytes = bytearray(max(layout.longest for layout in self._layouts.values()))
        self._same = np.frombuffer(self._same_bytes, np.bool_)
        # Fewer headers are compared at once after a run that ended early: mixed sizes stay linear in the records.
        self._look = len(self._same)
        self.records_read = 0
        self.checksum: int | None = 0 if own is None else None

    def parts(self) -> Sequence[Part]:
        return [Part(read=self.records_read, overwritten=0, unread=self.unread())]

    def unread(self) -> int:
        return int(self._ring.producer[0] - self._ring.consumer[0]) // self._record_bytes

    def consume(self) -> int:
        """Take what was in the ring when called, in one pass; return the number of records. Never waits.

        A record that its producer has not finished ends the pass; discarded ones are stepped over.
        Raises ValueError for a record of a size that nobody takes, and for one that reaches beyond what was produced:
        the ring is corrupt then, or not ours, and nothing beyond is read.
        """
        consumer, words, mask = self._ring.consumer, self._ring.words, self._mask
        before = self.records_read
        produced = self._ring.producer[0]
        position = self._position
        if position == produced:
            return 0
        if not 0 < produced - position <= mask + 1:
            raise ValueError(f"the ring is corrupt: produced up to {produced}, consumed up to {position}")
        while position < produced:
            place = position & mask
            length = words[place >> 2]
            layout = self._layouts.get(length)
            if layout is not None:
                position += self._take_run(layout, length, place, produced - position)
            elif length & BUSY_BIT:
                break
            elif length & DISCARD_BIT:
                position += stride(length & ~DISCARD_BIT)
                if position > produced:
                    raise _beyond(length & ~DISCARD_BIT)
            else:
                raise ValueError(f"nobody takes records of {length} bytes; the ring is not ours, or is corrupt")
            # Published for each chunk, so that a slow `take` gives room to the producer while it works; and after
            # `take`, since the producer may overwrite from then on what its views show.
            consumer[0] = self._position = position
        return self.records_read - before

    def _take_run(self, layout: _Layout, length: int, place: int, available_bytes: int) -> int:
        """Take the records of one size from a place on; return the bytes that they fill."""
        count = min(available_bytes // layout.stride, layout.longest, self._look)
        if not count:
            raise _beyond(length)
        records = np.ndarray((count,), layout.dtype, self._ring.data, place, (layout.stride,))
        lengths = np.ndarray((count,), np.uint32, self._ring.data, place, (layout.stride,))
        np.equal(lengths, length, out=self._same[:count])
        other = self._same_bytes.find(0, 0, count)
        if other < 0:
            self._look = min(self._look * 8, len(self._same))
        else:
            count = other
            records = records[:count]
            self._look = max(_SHORTEST_LOOK, count * 2)
        if layout.dtype is RECORD and self.checksum is not None:
            # Of words that lie apart, einsum makes the sum in half the time that sum() takes.
            self.checksum += int(np.einsum("i->", records["timestamp"]))
        layout.take(records)
        self.records_read += count
        return count * layout.stride


def _beyond(sample_bytes: int) -> ValueError:
    return ValueError(f"the ring is corrupt: a record of {sample_bytes} bytes reaches beyond what was produced")


def memory_of(ring: Ring) -> Memory:
    """Lay a ring before a pass in machine code."""
    views = (ring.consumer, ring.producer, ring.data)
    words = (*map(address, views), ring.size_bytes, min(CHUNK_BYTES, ring.size_bytes // RING_SHARE))
    return Memory(kind="ring", words=words, views=views, anew=lambda: RingRuns(ring, pass_over))
