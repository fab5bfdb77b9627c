"""The sample: what the program says of one drop, and the sizes that it takes in a ring. Nothing here needs numpy."""

from __future__ import annotations

import struct

# struct record of drops.c
SAMPLE_STRUCT = struct.Struct("=QQII")
SAMPLE_BYTES = SAMPLE_STRUCT.size
# struct bpf_ringbuf_hdr, kernel/bpf/ringbuf.c: the length carries the busy and the discard bit
HEADER_BYTES = 8
BUSY_BIT, DISCARD_BIT = 1 << 31, 1 << 30
RECORD_BYTES = HEADER_BYTES + SAMPLE_BYTES


def ring_capacity(ring_size_bytes: int) -> int:
    """Return how many records a ring can hold: one byte must stay free, hence one record."""
    return ring_size_bytes // RECORD_BYTES - 1
