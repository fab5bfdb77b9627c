"""The record: one drop, as it lies in the ring."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

# struct record of drops.c
SAMPLE_STRUCT = struct.Struct("=QQII")
SAMPLE_BYTES = SAMPLE_STRUCT.size
# struct bpf_ringbuf_hdr, kernel/bpf/ringbuf.c: the length carries the busy and the discard bit
HEADER_BYTES = 8
BUSY_BIT, DISCARD_BIT = 1 << 31, 1 << 30
RECORD_BYTES = HEADER_BYTES + SAMPLE_BYTES

# A record with its header: the dtype of an array laid over the ring.
RECORD = np.dtype(
    [
        ("length", "<u4"),
        ("page_offset", "<u4"),
        ("timestamp", "<u8"),
        ("location", "<u8"),
        ("pid", "<u4"),
        ("reason", "<u4"),
    ]
)
assert RECORD.itemsize == RECORD_BYTES

# The same record by the two words that tell causes apart: `pid_reason` is the pid below the reason.
CAUSE_WORDS = np.dtype(
    {
        "names": ["timestamp", "location", "pid_reason"],
        "formats": ["<u8", "<u8", "<u8"],
        "offsets": [8, 16, 24],
        "itemsize": RECORD_BYTES,
    }
)

Samples = npt.NDArray[np.void]
"""Array of dtype RECORD, shape (n,): a view of the ring, valid only until the call that received it returns."""


def ring_capacity(ring_size_bytes: int) -> int:
    """Return how many records a ring can hold: one byte must stay free, hence one record."""
    return ring_size_bytes // RECORD_BYTES - 1
