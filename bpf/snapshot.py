"""Read the aggregation map in few system calls: keys and counts as arrays."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bpf import syscalls
from bpf.btf import libbpf

# struct key of drops.c
KEY = np.dtype([("location", "<u8"), ("pid", "<u4"), ("reason", "<u4")])

Keys = npt.NDArray[np.void]
"""Array of dtype KEY, shape (n,)."""
Counts = npt.NDArray[np.uint64]
"""Counts by key since the program was loaded, summed over the CPUs; shape (n,)."""

_BATCH = 4096


class SnapshotReader:
    """Hand the whole map to `take`; counts only grow, so nothing is ever lost between two snapshots."""

    def __init__(self, map_fd: int, entries: int, take: Callable[[Keys, Counts], None]) -> None:
        self._take = take
        self._total = 0
        self._map_fd = map_fd
        room = max(entries, _BATCH)
        self._keys = np.zeros(room, KEY)
        self._per_cpu = np.zeros((room, syscalls.possible_cpus()), np.uint64)
        # The kernel's cursor is a bucket number; it must be at least as big as a key (libbpf, bpf.h).
        self._cursor = ctypes.create_string_buffer(KEY.itemsize)

    def consume(self) -> int:
        """Take a snapshot; return by how much the counts have grown since the last. Raises OSError."""
        keys, counts = self.read()
        self._take(keys, counts)
        before, self._total = self._total, int(counts.sum())
        return self._total - before

    def read(self) -> tuple[Keys, Counts]:
        """Return keys and their counts at nearly one moment. Raises OSError."""
        lookup = libbpf().bpf_map_lookup_batch
        found = 0
        at_start = True
        while True:
            count = ctypes.c_uint32(len(self._keys) - found)
            result = lookup(
                self._map_fd,
                None if at_start else self._cursor,
                self._cursor,
                self._keys[found:].ctypes.data_as(ctypes.c_void_p),
                self._per_cpu[found:].ctypes.data_as(ctypes.c_void_p),
                ctypes.byref(count),
                None,
            )
            error = -result if result < -1 else (ctypes.get_errno() if result < 0 else 0)
            if error not in (0, errno.ENOENT):
                raise OSError(error, f"cannot read the aggregation map: {os.strerror(error)}")
            found += count.value
            at_start = False
            if error == errno.ENOENT or found == len(self._keys):
                return self._keys[:found].copy(), self._per_cpu[:found].sum(axis=1)
