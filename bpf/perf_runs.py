"""Runs of records in a mapped perf buffer: looked at with numpy, many at a time, with no Python work per record."""

from collections.abc import Sequence

import numpy as np

from bpf.block import Memory, address, pass_over
from bpf.channel import Part, Take
from bpf.fields import Record
from bpf.perf import HEADER_BYTES, LOST, LOST_BYTES, SAMPLE, SAMPLE_AT, PerfBuffer, record_bytes, refused
from bpf.record import HEADER_BYTES as RECORD_HEADER_BYTES
from bpf.record import RECORD, SAMPLE_BYTES
from bpf.ring_runs import CHUNK_BYTES, RING_SHARE

_SHORTEST_LOOK = 8


class PerfRuns:
    """Hand what one CPU wrote to `take`, in its order, as views of many records of the dtype RECORD, or a user's `own`.

    Ours lie 40 bytes apart, and their words not on multiples of 8, which costs numpy next to nothing on x86-64. What
    breaks at the end of the memory is copied, and comes alone. `told` is how many losses records told of.
    """

    overwritten = 0

    def __init__(self, buffer: PerfBuffer, take: Take, event: int | None = None, *, own: Record | None = None) -> None:
        """Begin where the consumer's position stands; `event` is whose the buffer is, which knows what it refused."""
        self._buffer, self._take, self._event = buffer, take, event
        self._dtype = RECORD if own is None else own.in_channel
        self._record_bytes = record_bytes(SAMPLE_BYTES if own is None else own.sample.itemsize)
        self._mask = buffer.size_bytes - 1
        self._position = buffer.tail[0]
        # As many as of a ring: what a mode makes of a record is as large, wherever it comes from.
        most, share = CHUNK_BYTES // self._dtype.itemsize, buffer.size_bytes // RING_SHARE // self._record_bytes
        self._longest = max(1, min(most, share))
        self._same_bytes = bytearray(self._longest)
        self._same = np.frombuffer(self._same_bytes, np.bool_)
        # Fewer headers are compared at once after a run that ended early: records between losses stay linear.
        self._look = self._longest
        self.records_read = self.told = 0
        self.checksum: int | None = 0 if own is None else None

    def parts(self) -> Sequence[Part]:
        kernels = None if self._event is None else refused(self._event)
        return [
            Part(
                read=self.records_read,
                overwritten=0,
                unread=self.unread(),
                kernel_refused=kernels,
                kernel_told=self.told,
            )
        ]

    def unread(self) -> int:
        """Count the records that wait, up to the first that is none."""
        position, found = self._position, 0
        head = min(self._buffer.head[0], position + self._mask + 1)
        while position < head:
            length, count, _told = self._next(position, head)
            if not length:
                break
            position, found = position + length, found + count
        return found

    def consume(self) -> int:
        """Take what was there when called, in one pass; return the number of records. Never waits.

        Raises ValueError for what is no record of ours, and for one that reaches beyond what was written: the buffer is
        corrupt then, or not ours, and nothing beyond is read.
        """
        tail, before = self._buffer.tail, self.records_read
        head, position = self._buffer.head[0], self._position
        if not 0 <= head - position <= self._mask + 1:
            raise ValueError(f"the perf buffer is corrupt: written up to {head}, read up to {position}")
        while position < head:
            length, count, told = self._next(position, head)
            if not length:
                raise ValueError(self._wrong(position, head))
            if count:
                self._hand_over(position & self._mask, count)
            self.told += told
            position += length
            # Published for each chunk, so that a slow `take` gives room to the producer while it works; and after
            # `take`, since the producer may overwrite from then on what its views show.
            tail[0] = self._position = position
        return self.records_read - before

    def _next(self, position: int, head: int) -> tuple[int, int, int]:
        """Look at what comes next: return its bytes, how many records of ours it is, and how many losses it tells of.

        No bytes: it is nothing that can be read.
        """
        words, place = self._buffer.words, position & self._mask
        header = words[place >> 3]
        kind, length, left = header & 0xFFFFFFFF, header >> 48, head - position
        if kind == SAMPLE and length == self._record_bytes <= left:
            # What was output, and how long it is, in the word that follows the header.
            if words[(place + HEADER_BYTES & self._mask) >> 3] & 0xFFFFFFFF != self._record_bytes - SAMPLE_AT:
                return 0, 0, 0
            count = self._run(header, place, min(left, self._mask + 1 - place) // self._record_bytes)
            return count * self._record_bytes, count, 0
        if kind == LOST and LOST_BYTES <= length <= left and not length & 7:
            return length, 0, words[(place + 16 & self._mask) >> 3]
        return 0, 0, 0

    def _run(self, header: int, place: int, available: int) -> int:
        """Count the records with the same header; one that breaks at the end of the memory stands alone."""
        count = min(available, self._longest, self._look)
        if count <= 1:
            return 1
        headers = np.ndarray((count,), "<u8", self._buffer.data, place, (self._record_bytes,))
        np.equal(headers, header, out=self._same[:count])
        other = self._same_bytes.find(0, 0, count)
        if other < 0:
            self._look = min(self._look * 8, self._longest)
            return count
        self._look = max(_SHORTEST_LOOK, other * 2)
        return other

    def _hand_over(self, place: int, count: int) -> None:
        data, first = self._buffer.data, place + SAMPLE_AT - RECORD_HEADER_BYTES
        if place + count * self._record_bytes > self._mask + 1:
            data, first = memoryview(bytes(data[place:]) + bytes(data[: self._record_bytes])), first - place
        records = np.ndarray((count,), self._dtype, data, first, (self._record_bytes,))
        if self.checksum is not None:
            # Of words that lie apart, einsum makes the sum in half the time that sum() takes.
            self.checksum += int(np.einsum("i->", records["timestamp"]))
        self._take(records)
        self.records_read += count

    def _wrong(self, position: int, head: int) -> str:
        header = self._buffer.words[(position & self._mask) >> 3]
        return (
            f"the perf buffer is corrupt, or not ours: a record of type {header & 0xFFFFFFFF} and {header >> 48} bytes "
            f"where {head - position} bytes were written"
        )


def memory_of(buffer: PerfBuffer, event: int | None = None) -> Memory:
    """Lay a buffer before a pass in machine code."""
    views = (buffer.tail, buffer.head, buffer.data)
    words = (*map(address, views), buffer.size_bytes, min(CHUNK_BYTES, buffer.size_bytes // RING_SHARE))
    return Memory(kind="perf", words=words, views=views, anew=lambda: PerfRuns(buffer, pass_over, event))
