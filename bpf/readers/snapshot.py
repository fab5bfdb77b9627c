"""Read the aggregation map in few system calls: keys and counts as arrays."""

import ctypes
import errno
import os
from collections.abc import Callable
from typing import Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from bpf import syscalls
from bpf.btf import libbpf
from bpf.channels.map import MapChannel
from bpf.program import Program
from bpf.reader import Reader

# struct key of drops.c
KEY = np.dtype([("location", "<u8"), ("pid", "<u4"), ("reason", "<u4")])

Keys = npt.NDArray[np.void]
"""Array of dtype KEY, shape (n,); a view that the next snapshot overwrites."""
Counts = npt.NDArray[np.uint64]
"""Counts by key since the program was loaded, summed over the CPUs; shape (n,); a view as well."""


@runtime_checkable
class TakesSnapshots(Protocol):
    """Is handed all keys of the aggregation map with their counts since the start, arrays of equal length."""

    def snapshot(self, keys: Keys, counts: Counts, /) -> None: ...


class SnapshotReader(Reader):
    """Hand the whole map to `take`; counts only grow, so nothing is ever lost between two snapshots.

    Looking up and deleting would lose what a CPU adds between the two; so nothing is deleted.
    """

    serves = TakesSnapshots

    def __init__(self, map_fd: int, entries: int, take: Callable[[Keys, Counts], None]) -> None:
        self._take = take
        self._total = 0
        self._map_fd = map_fd
        # Room for all that the map can hold: the kernel then fills it in one call, or two.
        self._keys = np.zeros(entries, KEY)
        self._per_cpu = np.zeros((entries, syscalls.possible_cpus()), np.uint64)
        self._counts = np.zeros(entries, np.uint64)
        # The kernel's cursor is a bucket number; it must be at least as big as a key (libbpf, bpf.h).
        self._cursor = ctypes.create_string_buffer(KEY.itemsize)
        self.system_calls = 0

    @classmethod
    def open(cls, program: Program, mode: object) -> Self:
        channel = program.options.channel
        assert isinstance(channel, MapChannel)
        assert isinstance(mode, TakesSnapshots)
        return cls(program.channel_fd, channel.entries, mode.snapshot)

    def unread(self, consumed: int) -> int:
        """Count what is newer than the last snapshot."""
        return int(self.read()[1].sum()) - consumed

    def consume(self) -> int:
        """Take a snapshot; return by how much the counts have grown since the last. Raises OSError."""
        keys, counts = self.read()
        self._take(keys, counts)
        before, self._total = self._total, int(counts.sum())
        return self._total - before

    def read(self) -> tuple[Keys, Counts]:
        """Return keys and their counts at nearly one moment. Raises OSError."""
        found = 0
        at_start = True
        while True:
            error, count = self._look_up(found, at_start=at_start)
            found += count
            at_start = False
            if error == errno.ENOENT or found == len(self._keys):
                break
        counts = self._counts[:found]
        counts[:] = self._per_cpu[:found, 0]
        for cpu in range(1, self._per_cpu.shape[1]):
            counts += self._per_cpu[:found, cpu]
        return self._keys[:found], counts

    def _look_up(self, begin: int, *, at_start: bool) -> tuple[int, int]:
        """Fetch keys and values from where the last call ended into place `begin`; return (error, how many).

        The error ENOENT says that these were the last. Raises OSError for others.
        """
        count = ctypes.c_uint32(len(self._keys) - begin)
        result = libbpf().bpf_map_lookup_batch(
            self._map_fd,
            None if at_start else self._cursor,
            self._cursor,
            self._keys[begin:].ctypes.data_as(ctypes.c_void_p),
            self._per_cpu[begin:].ctypes.data_as(ctypes.c_void_p),
            ctypes.byref(count),
            None,
        )
        self.system_calls += 1
        error = -result if result < -1 else (ctypes.get_errno() if result < 0 else 0)
        if error not in (0, errno.ENOENT):
            raise OSError(error, f"cannot read the aggregation map: {os.strerror(error)}")
        return error, count.value
