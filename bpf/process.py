"""Count what the kernel does for one process: wakeups, system calls, returns from epoll (process.c)."""

from __future__ import annotations

import ctypes
import os
import platform
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from bpf import syscalls
from bpf.btf import KernelTypes
from bpf.errors import is_refusal, refusal_named
from bpf.pid_namespace import namespace_flags
from bpf.program import import_bcc, same_folder, source

TRACEPOINTS = {
    "sched_wakeup": ("wakeups",),
    "sys_enter": ("syscalls", "epoll_calls"),
    "sys_exit": ("epoll_ready",),
    "irq_work_entry": ("irq_works",),
}
"""The tracepoints, and what is counted at each."""

_FOLDER = Path(__file__).parent / "programs"
# arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h for the rest: epoll_wait, _pwait, _pwait2
_EPOLL_CALLS = {"x86_64": (232, 281, 441)}
_EPOLL_CALLS_ELSEWHERE = (22, 441)
_FIELDS = 5
# The last five find the number of a process in the namespace that it was started in.
_OFFSETS = {
    "TGID": ("task_struct", "tgid"),
    "GROUP_LEADER": ("task_struct", "group_leader"),
    "THREAD_PID": ("task_struct", "thread_pid"),
    "LEVEL": ("pid", "level"),
    "NUMBERS": ("pid", "numbers"),
    "NAMESPACE": ("pid_namespace", "ns"),
    "INODE": ("ns_common", "inum"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """struct counts of process.c, summed over the CPUs."""

    wakeups: int
    syscalls: int
    epoll_calls: int
    epoll_ready: int
    irq_works: int

    def __sub__(self, earlier: Counts) -> Counts:
        return Counts(*(later - before for later, before in zip(astuple(self), astuple(earlier), strict=True)))


class ProcessCounter:
    """Counts for one process from entering to leaving the context; `uncounted` says by field what cannot be, and why.

    Raises CannotRun when nothing can be counted at all.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.uncounted: dict[str, str] = {}

    def __enter__(self) -> ProcessCounter:
        bcc = import_bcc()
        with KernelTypes() as types:
            offsets = {name: types.field_offset(struct, field) for name, (struct, field) in _OFFSETS.items()}
        calls = _EPOLL_CALLS.get(platform.machine(), _EPOLL_CALLS_ELSEWHERE)
        flags = [
            "-Wno-everything",
            f"-DPROCESS={self._pid}",
            *(f"-DOFFSET_{name}={offset}" for name, offset in offsets.items()),
            *namespace_flags(),
            f"-DEPOLL_CALLS=({'||'.join(f'id=={call}' for call in calls)})",
        ]
        os.environ["BCC_KERNEL_SOURCE"] = str(_FOLDER / "include")
        with refusal_named("load the kernel pass's program", "run `bench doctor`"), same_folder():
            self._bpf: Any = bcc.BPF(text=source("process.c"), cflags=flags)
        for tracepoint, fields in TRACEPOINTS.items():
            self._attach(tracepoint, fields)
        self._map_fd = int(self._bpf[b"counts"].map_fd)
        self._buffer = ctypes.create_string_buffer(syscalls.possible_cpus() * _FIELDS * 8)
        return self

    def __exit__(self, *exc: object) -> None:
        self._bpf.cleanup()

    def read(self) -> Counts:
        """Sum each count over the CPUs."""
        syscalls.lookup(self._map_fd, 0, self._buffer)
        values = memoryview(self._buffer).cast("B").cast("Q")
        return Counts(*(sum(values[field::_FIELDS]) for field in range(_FIELDS)))

    def _attach(self, tracepoint: str, fields: tuple[str, ...]) -> None:
        try:
            self._bpf.attach_raw_tracepoint(tp=tracepoint.encode(), fn_name=f"on_{tracepoint}".encode())
        except Exception as error:
            if not is_refusal(error):
                raise
            why = f"this kernel has no tracepoint {tracepoint} that a program can use ({error})"
            self.uncounted.update(dict.fromkeys(fields, why))
