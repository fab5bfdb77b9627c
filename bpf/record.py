"""The record: one drop, as it lies in the ring."""

import numpy as np
import numpy.typing as npt

from bpf.ring import (
    BUSY_BIT,
    DISCARD_BIT,
    HEADER_BYTES,
    RECORD_BYTES,
    SAMPLE_BYTES,
    SAMPLE_STRUCT,
    ring_capacity,
)

__all__ = [
    "BUSY_BIT",
    "CAUSE_WORDS",
    "DISCARD_BIT",
    "HEADER_BYTES",
    "RECORD",
    "RECORD_BYTES",
    "SAMPLE_BYTES",
    "SAMPLE_STRUCT",
    "Samples",
    "ring_capacity",
]

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
