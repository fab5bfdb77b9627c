"""Which processes have a BPF program on a tracepoint through perf: what it returns decides whether perf's users see it.

A program that returns 0 hides the event from each perf event of that tracepoint, whoever opened it
(perf_trace_run_bpf_submit, kernel/events/core.c). Raw tracepoints, as ours, are asked before that and for themselves.
"""

import ctypes
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bpf.btf import libbpf

_TRACEPOINT = 1  # enum bpf_task_fd_type, include/uapi/linux/bpf.h
_NAME_BYTES = 256


@dataclass(frozen=True, slots=True)
class Attached:
    """A process and the id of its program."""

    pid: int
    program: int


def attached_through_perf(tracepoint: str, proc: Path = Path("/proc")) -> Iterator[Attached]:
    """Yield the processes that hold such a program on a tracepoint of this name. Raises PermissionError.

    Of others' processes only root sees any. A program whose perf event is held by a pinned link alone is not seen.
    """
    for process in proc.iterdir():
        if process.name.isdecimal():
            for descriptor in _perf_events(process):
                program = _program(int(process.name), descriptor, tracepoint)
                if program is not None:
                    yield Attached(int(process.name), program)


def _perf_events(process: Path) -> Iterator[int]:
    try:
        for link in (process / "fd").iterdir():
            if str(link.readlink()) == "anon_inode:[perf_event]":
                yield int(link.name)
    except OSError:  # it has ended, or closed it, meanwhile
        return


def _program(pid: int, descriptor: int, tracepoint: str) -> int | None:
    name = ctypes.create_string_buffer(_NAME_BYTES)
    length, program, kind = ctypes.c_uint32(_NAME_BYTES), ctypes.c_uint32(), ctypes.c_uint32()
    offset, address = ctypes.c_uint64(), ctypes.c_uint64()
    out = (name, *map(ctypes.byref, (length, program, kind, offset, address)))
    if libbpf().bpf_task_fd_query(pid, descriptor, 0, *out) != 0:
        if ctypes.get_errno() == errno.EPERM:
            raise PermissionError(errno.EPERM, "asking for others' BPF programs is root's")
        return None  # an event without a program, or gone
    return program.value if kind.value == _TRACEPOINT and name.value.decode() == tracepoint else None
