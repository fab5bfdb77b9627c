"""A ring in ordinary memory, with a producer that treats it as the kernel does: a fake device for a real reader."""

from __future__ import annotations

import mmap
import struct

from bpf.record import BUSY_BIT, DISCARD_BIT, SAMPLE_STRUCT
from bpf.ring import Ring


class MadeUpRing:
    """Positions and data as kernel/bpf/ringbuf.c lays them out; the second view of the data is a copy kept equal."""

    def __init__(self, size_bytes: int, start: int = 0) -> None:
        self.size_bytes = size_bytes
        self._data = memoryview(mmap.mmap(-1, 2 * size_bytes))
        self._positions = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
        self.ring = Ring.over(self._positions[0:1], self._positions[1:2], self._data, size_bytes)
        self._positions[0] = self._positions[1] = start

    @property
    def free_bytes(self) -> int:
        """What a reservation may still take: one byte fewer than the size is the most that is ever in use."""
        return self.size_bytes - 1 - (self._positions[1] - self._positions[0])

    @property
    def consumed(self) -> int:
        return self._positions[0]

    @property
    def produced(self) -> int:
        return self._positions[1]

    def reserve(self, sample: bytes) -> int | None:
        """Put a sample in, still busy; return its position, or None when there is no room."""
        total = 8 + (len(sample) + 7) // 8 * 8
        if total > self.free_bytes:
            return None
        position = self._positions[1]
        # The rounding up is filled with what looks like a header, which no reader may take for one.
        self._write(position, struct.pack("=II", len(sample) | BUSY_BIT, 0) + sample.ljust(total - 8, b"\x18"))
        self._positions[1] = position + total
        return position

    def commit(self, position: int, *, discard: bool = False) -> None:
        place = position % self.size_bytes
        (length,) = struct.unpack_from("=I", self._data, place)
        self._write(position, struct.pack("=I", length & ~BUSY_BIT | (DISCARD_BIT if discard else 0)))

    def submit(self, *sample: int) -> None:
        """Put one of our records in: timestamp, location, pid, reason."""
        position = self.reserve(SAMPLE_STRUCT.pack(*sample))
        assert position is not None
        self.commit(position)

    def corrupt(self, position: int, length: int, *, produced: int | None = None) -> None:
        """Put another length into a record's header, and another position of the producer."""
        self._write(position, struct.pack("=I", length))
        if produced is not None:
            self._positions[1] = produced

    def _write(self, position: int, data: bytes) -> None:
        for offset, byte in enumerate(data):
            place = (position + offset) % self.size_bytes
            self._data[place] = self._data[place + self.size_bytes] = byte
