"""Emit records without packets: the program's own path, run by BPF_PROG_TEST_RUN."""

import ctypes
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from bpf import syscalls
from bpf.program import MAX_SYNTHETIC_KEYS

EMITS_PER_RUN = 256  # of drops.c

_PLAN = struct.Struct("=III116x")
_KEY = struct.Struct("=QII")

Key = tuple[int, int, int]
"""(location, pid, reason) of one synthetic drop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitterIds:
    """Ids of the program that emits, and of its maps."""

    program: int
    plan: int
    keys: int


class Emitter:
    """Emits exact numbers of records, in any process that has the descriptors (syscalls.open_map, open_program)."""

    def __init__(self, program_fd: int, plan_fd: int, keys_fd: int, keys: Sequence[Key], *, slot: int = 0) -> None:
        """Set what to emit, in turn; those who emit at once have slots of their own, below the number of CPUs.

        Raises ValueError for no keys or more than the map holds.
        """
        if not 0 < len(keys) <= MAX_SYNTHETIC_KEYS:
            raise ValueError(f"{len(keys)} synthetic keys: 1 to {MAX_SYNTHETIC_KEYS} are possible")
        self._program_fd = program_fd
        self._plan_fd = plan_fd
        for number, key in enumerate(keys):
            syscalls.update(keys_fd, number, pack_key(key))
        self._keys = len(keys)
        self._next = 0
        self._slot = slot
        self.emitted = self.spent_ns = 0  # in whole runs, as the kernel timed them
        self._context = (ctypes.c_uint32 * 3)(0, 0, slot)  # struct __sk_buff up to its mark
        self._packet = ctypes.create_string_buffer(64)  # nobody looks at it
        self._options = syscalls.TestRunOptions(
            sz=ctypes.sizeof(syscalls.TestRunOptions),
            data_in=ctypes.addressof(self._packet),
            data_size_in=len(self._packet),
            ctx_in=ctypes.addressof(self._context),
            ctx_size_in=ctypes.sizeof(self._context),
        )

    def emit(self, count: int) -> None:
        """Emit the next `count` records on this CPU, at about 16 million per second. Raises OSError."""
        runs, rest = divmod(count, EMITS_PER_RUN)
        if runs:
            self._run(EMITS_PER_RUN, runs)
        if rest:
            self._run(rest, 1)

    def _run(self, emits: int, repeat: int) -> None:
        syscalls.update(self._plan_fd, self._slot, _PLAN.pack(emits, self._keys, self._next))
        self._options.repeat = repeat
        syscalls.test_run(self._program_fd, self._options)
        if emits == EMITS_PER_RUN:
            self.emitted += emits * repeat
            self.spent_ns += self._options.duration * repeat
        self._next = (self._next + emits * repeat) % self._keys


def pack_key(key: Key) -> bytes:
    """Return a key as it stands in the program's map (struct synthetic_key)."""
    return _KEY.pack(*key)


def unpack_key(packed: bytes) -> Key:
    """Return the key that `pack_key` packed."""
    location, pid, reason = _KEY.unpack(packed)
    return location, pid, reason
