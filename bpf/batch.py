"""The `batch` reader: looks at the mapped ring with numpy, many records at a time, with no Python work per record."""

from __future__ import annotations

import platform
from collections.abc import Callable

import numpy as np

from bpf.record import BUSY_BIT, DISCARD_BIT, RECORD_BYTES, SAMPLE_BYTES, Samples
from bpf.ring import Ring

# Records looked at in one go: 8,192 of 32 bytes stay in a second-level cache between the header check, the checksum
# and the mode's own work.
CHUNK = 8192


def unsupported() -> str | None:
    """Say why this machine cannot read the ring from Python, or None.

    The producer releases its position and each header's length with ordered stores; a reader must load them in that
    order. x86-64 never reorders loads with loads or stores with earlier loads; elsewhere barriers would be needed,
    which Python cannot state.
    """
    machine = platform.machine()
    if machine not in ("x86_64", "AMD64"):
        return f"on {machine} the processor may reorder loads, and Python has no barriers; use --reader callback"
    return None


class BatchReader:
    """Hand all that waits in the ring to `take`, in chunks of views.

    Raises ValueError from `consume` for a record that is not of our size.
    """

    def __init__(self, ring: Ring, take: Callable[[Samples], None]) -> None:
        self._ring = ring
        self._take = take
        self._lengths = ring.records["length"]
        self._timestamps = ring.records["timestamp"]
        self._mask = ring.size_bytes - 1
        self._position = ring.consumer[0]
        self._usual = np.empty(CHUNK, np.bool_)
        self.records_read = 0
        self.checksum = 0

    def consume(self) -> int:
        """Take what was in the ring when called, in one pass; return the number of records. Never waits."""
        ring, lengths, timestamps, usual, take = self._ring, self._lengths, self._timestamps, self._usual, self._take
        produced = ring.producer[0]
        position = begin = self._position
        while position != produced:
            first = (position & self._mask) // RECORD_BYTES
            count = min((produced - position) // RECORD_BYTES, CHUNK)
            same = usual[:count]
            np.equal(lengths[first : first + count], SAMPLE_BYTES, out=same)
            if not same.all():
                count = int(same.argmin())
                if count == 0:
                    length = int(lengths[first])
                    if length & BUSY_BIT:
                        break
                    if length == SAMPLE_BYTES:  # it was busy, and has been submitted since
                        continue
                    if length != SAMPLE_BYTES | DISCARD_BIT:
                        raise ValueError(f"a record of {length & ~DISCARD_BIT} bytes is not one of ours")
                    position += RECORD_BYTES
                    begin += RECORD_BYTES
                    ring.consumer[0] = self._position = position
                    continue
            self.checksum += int(timestamps[first : first + count].sum())
            take(ring.records[first : first + count])
            position += count * RECORD_BYTES
            # Published for each chunk, so that a slow `take` gives room to the producer while it works.
            ring.consumer[0] = self._position = position
        count = (position - begin) // RECORD_BYTES
        self.records_read += count
        return count
