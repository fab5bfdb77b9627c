"""Bytes moved many at a time, as steps of a compiled reader do: each of these becomes a few loads and stores.

They work as they stand here, too (bpf/passes.py says what they are in machine code). Nothing checks that the bytes lie
within the arrays: as in C, it is up to the step.
"""

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

BLOCK_BYTES = 32


def put_word(target: Bytes, at: int, word: int | np.int64) -> None:
    """Store eight bytes, the lowest first, from a place on."""
    target[at : at + 8] = np.frombuffer(int(word).to_bytes(8, "little", signed=True), np.uint8)


def put_record(target: Bytes, at: int, record: np.void) -> None:
    """Store a record, with the header that it has in a channel."""
    target[at : at + BLOCK_BYTES] = np.frombuffer(record.tobytes(), np.uint8)


def copy_blocks(target: Bytes, at: int, source: Bytes, begin: int, size: int) -> None:
    """Copy so many bytes, a multiple of BLOCK_BYTES."""
    target[at : at + size] = source[begin : begin + size]
