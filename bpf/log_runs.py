"""The log as a channel's readers want it: with the sum of the timestamps, or record by record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bpf.block import Memory, address, pass_over
from bpf.channel import OnRecord, Part, Take
from bpf.log import CHUNK_BYTES, SHARE, Log, Places, Segment
from bpf.record import HEADER_BYTES, RECORD_BYTES, SAMPLE_BYTES, Samples


class LogRuns:
    """Hand what one CPU wrote to `take`, as runs of records; `checksum` is the sum of their timestamps, if wanted."""

    def __init__(self, log: Log, cpu: int, take: Take, *, overwrites: bool, sums: bool = True) -> None:
        self._take = take
        self._segment = log.segment(cpu, self._sum_up if sums else take, overwrites=overwrites)
        self._sum = 0
        self._sums = sums
        self.consume = self._segment.consume
        self.unread = self._segment.unread

    @property
    def checksum(self) -> int | None:
        return self._sum if self._sums else None

    @property
    def overwritten(self) -> int:
        return self._segment.gone()

    def parts(self) -> Sequence[Part]:
        return [_part(self._segment)]

    def _sum_up(self, records: Samples) -> None:
        self._sum += int(np.einsum("i->", records["timestamp"]))
        self._take(records)


class LogCalls:
    """Call `on_record` for each record of all CPUs; a negative return ends the pass after the run that it is in."""

    checksum: int | None = None

    def __init__(
        self,
        log: Log,
        cpus: Sequence[int],
        on_record: OnRecord,
        *,
        overwrites: bool,
        sample_bytes: int = SAMPLE_BYTES,
    ) -> None:
        self._on_record, self._sample_bytes = on_record, sample_bytes
        self._segments = [log.segment(cpu, self._call, overwrites=overwrites) for cpu in cpus]

    @property
    def overwritten(self) -> int:
        return sum(segment.gone() for segment in self._segments)

    def consume(self) -> int:
        return sum([segment.consume() for segment in self._segments])

    def unread(self) -> int:
        return sum(segment.unread() for segment in self._segments)

    def parts(self) -> Sequence[Part]:
        return [_part(segment) for segment in self._segments]

    def _call(self, records: Samples) -> Any:
        on_record, first = self._on_record, records.ctypes.data + HEADER_BYTES
        halt, step, sample_bytes = 0, records.itemsize, self._sample_bytes
        for sample in range(first, first + len(records) * step, step):
            halt |= on_record(0, sample, sample_bytes)
        return halt < 0


def _part(segment: Segment) -> Part:
    return Part(read=segment.records_read, overwritten=segment.gone(), unread=segment.unread())


class LogPositions:
    """How far the CPUs and their reader are."""

    def __init__(self, places_fd: int, cpus: int, slots: int) -> None:
        self._places = Places(places_fd, cpus)
        self._slots = slots

    @property
    def unread_records(self) -> int:
        return self._places.unread(self._slots)

    @property
    def overwritten(self) -> int:
        return self._places.overwritten()

    def close(self) -> None:
        self._places.close()


def memory_of(log: Log, cpu: int, *, overwrites: bool) -> Memory:
    """Lay what one CPU wrote before a pass in machine code."""
    place, slots = log.memory(cpu)
    chunk = min(CHUNK_BYTES, slots.nbytes // SHARE) // RECORD_BYTES
    words = (address(place), address(slots), slots.nbytes // RECORD_BYTES, int(overwrites), chunk)
    return Memory(
        kind="log",
        words=words,
        views=(place, slots),
        anew=lambda: LogRuns(log, cpu, pass_over, overwrites=overwrites, sums=False),
    )
