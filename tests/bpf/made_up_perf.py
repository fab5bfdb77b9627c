"""A perf buffer in ordinary memory, with a producer that treats it as the kernel does: a fake device."""

from __future__ import annotations

import mmap
import struct

from bpf.perf import LOST, SAMPLE, PerfBuffer
from bpf.ring import SAMPLE_STRUCT

HEADER = struct.Struct("=IHH")
EVENT_ID = 4711


class MadeUpPerf:
    """Positions and data as kernel/events/ring_buffer.c lays them out: what it refuses, it tells of before the next.

    `refused` are all that found no room, `told` those that records told of.
    """

    def __init__(self, size_bytes: int, start: int = 0) -> None:
        self.size_bytes = size_bytes
        self._data = memoryview(mmap.mmap(-1, size_bytes))
        self._positions = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")[:2]
        self._positions[0] = self._positions[1] = start
        self.buffer = PerfBuffer.over(self._positions, self._data.toreadonly())
        self.refused = self.told = 0

    @property
    def head(self) -> int:
        return self._positions[0]

    @property
    def tail(self) -> int:
        return self._positions[1]

    @property
    def free_bytes(self) -> int:
        """One byte stays free."""
        return self.size_bytes - 1 - (self.head - self.tail)

    def output(self, sample: bytes) -> bool:
        """Output a sample: what follows it counts as well, and is whatever stood there."""
        size = (4 + len(sample) + 7) // 8 * 8
        body = struct.pack("=I", size - 4) + sample.ljust(size - 4, b"\x28")
        record = HEADER.pack(SAMPLE, 1, HEADER.size + len(body)) + body
        lost = b""
        if untold := self.refused - self.told:
            lost = HEADER.pack(LOST, 0, 24) + struct.pack("=QQ", EVENT_ID, untold)
        if len(lost) + len(record) > self.free_bytes:
            self.refused += 1
            return False
        self.told += untold
        self.write(lost + record)
        return True

    def submit(self, *sample: int) -> bool:
        """Output one of our records: timestamp, location, pid, reason."""
        return self.output(SAMPLE_STRUCT.pack(*sample))

    def write(self, data: bytes) -> None:
        """Put anything in."""
        self.corrupt(self.head, data)
        self._positions[0] = self.head + len(data)

    def corrupt(self, position: int, data: bytes, *, head: int | None = None) -> None:
        """Put something else where something stands, and another position of the producer."""
        for offset, byte in enumerate(data):
            self._data[(position + offset) % self.size_bytes] = byte
        if head is not None:
            self._positions[0] = head
