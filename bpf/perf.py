"""Perf events that carry what a program outputs, and their memory: nothing about waiting. Nothing here needs numpy.

They are opened here, not by bcc, so that the kernel counts what it refuses (PERF_FORMAT_LOST, Linux 6.0, 119a784c8127).

Layout (include/uapi/linux/perf_event.h, perf_event_mmap_page): a page of positions, which count bytes and grow for
ever, and the data, mapped once: what reaches beyond their end goes on at their beginning. All sizes are multiples of 8.
"""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Sequence

from bpf.perf_event import BPF_OUTPUT, open_software_event
from bpf.ring import SAMPLE_BYTES, between

# struct perf_event_attr: a bit of sample_type, one of read_format, and a flag
_SAMPLE_RAW, _FORMAT_LOST, _WATERMARK = 1 << 10, 1 << 4, 1 << 14

# enum perf_event_type; struct perf_event_header is a type of 32 bits, 16 bits that do not concern us, and the size
LOST, SAMPLE = 2, 9
HEADER_BYTES = 8
LOST_BYTES = 24  # its header, the event's id, and how many
# The header, 32 bits that say how many bytes follow, and these: the sample, and what makes multiples of 8 of it all.
SAMPLE_AT = HEADER_BYTES + 4


def record_bytes(sample_bytes: int) -> int:
    """Return the bytes that a record fills."""
    return SAMPLE_AT + sample_bytes + 7 & ~7


RECORD_BYTES = record_bytes(SAMPLE_BYTES)


def open_event(cpu: int, *, wakeup_bytes: int | None) -> int:
    """Open the event to which a program outputs on a CPU; return its descriptor. Raises OSError.

    It notifies a consumer of each so many bytes, or, with None, of each record.
    """
    try:
        return _open(cpu, wakeup_bytes, _FORMAT_LOST)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return _open(cpu, wakeup_bytes, 0)


def _open(cpu: int, wakeup_bytes: int | None, read_format: int) -> int:
    flags, wakeup = (0, 1) if wakeup_bytes is None else (_WATERMARK, wakeup_bytes)
    return open_software_event(
        BPF_OUTPUT, cpu=cpu, period=1, sample_type=_SAMPLE_RAW, read_format=read_format, flags=flags,
        wakeup=wakeup,
    )  # fmt: skip


def refused(event: int) -> int | None:
    """Return how many records the kernel had no room for, by its own count; None where it keeps none."""
    said = os.read(event, 16)
    return int.from_bytes(said[8:], "little") if len(said) == 16 else None


class PerfBuffer:
    """An event's memory: `head` and `tail` are memoryviews of one 64-bit position each, `data` shows the records.

    `head` is the producer's, `tail` the consumer's.
    """

    def __init__(self, event: int, size_bytes: int, *, writable: bool = True) -> None:
        """Map it. The first mapping makes the memory, and must be writable, or the kernel overwrites what is unread."""
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        # Views keep the mapping open for as long as one of them lives: it is not closed by hand.
        memory = memoryview(mmap.mmap(event, mmap.PAGESIZE + size_bytes, mmap.MAP_SHARED, protection))
        self._lay(memory[1024:1040].cast("Q"), memory[mmap.PAGESIZE :].toreadonly())

    @classmethod
    def over(cls, positions: memoryview, data: memoryview) -> PerfBuffer:
        """Lay a buffer over any memory."""
        buffer = cls.__new__(cls)
        buffer._lay(positions, data)
        return buffer

    def _lay(self, positions: memoryview, data: memoryview) -> None:
        self.size_bytes = len(data)
        self.head, self.tail = positions[:1], positions[1:]
        self.data, self.words = data, data.cast("Q")


class PerfPositions:
    """How far the producers and the consumer are, seen from any process that has the events."""

    overwritten = 0

    def __init__(self, events: Sequence[int], size_bytes: int, record_bytes: int = RECORD_BYTES) -> None:
        self._record_bytes = record_bytes
        self._buffers = [PerfBuffer(event, size_bytes, writable=False) for event in events]

    @property
    def unread_records(self) -> int:
        """As many as fill what is unread; where records tell of a loss, up to two thirds more than there are."""
        return sum(between(buffer.tail, buffer.head) // self._record_bytes for buffer in self._buffers)

    def close(self) -> None:
        self._buffers.clear()
