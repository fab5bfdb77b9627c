"""perf_event_open(2), for a software event: of a CPU, or of the thread that opens it."""

import ctypes
import os
import struct

TASK_CLOCK, BPF_OUTPUT = 1, 10  # enum perf_sw_ids

# struct perf_event_attr as in its first version, of 64 bytes (include/uapi/linux/perf_event.h)
_ATTRIBUTES = struct.Struct("=IIQQQQQIIQ")
_SOFTWARE, _CLOSE_ON_EXEC = 1, 8
_SYSCALL = {"x86_64": 298}.get(os.uname().machine, 241)  # of what is not older than the table that all newer ones share


def open_software_event(
    event: int,
    *,
    cpu: int | None,
    period: int,
    sample_type: int = 0,
    read_format: int = 0,
    flags: int = 0,
    wakeup: int = 0,
) -> int:
    """Open an event and return its descriptor; of no `cpu`, this thread's. Raises OSError."""
    attributes = _ATTRIBUTES.pack(
        _SOFTWARE, _ATTRIBUTES.size, event, period, sample_type, read_format, flags, wakeup, 0, 0
    )
    pid, of_cpu = (0, -1) if cpu is None else (-1, cpu)
    library = ctypes.CDLL(None, use_errno=True)
    fd: int = library.syscall(_SYSCALL, attributes, pid, of_cpu, -1, ctypes.c_ulong(_CLOSE_ON_EXEC))
    if fd < 0:
        error = ctypes.get_errno()
        whose = "this thread" if cpu is None else f"CPU {cpu}"
        raise OSError(error, f"cannot open a perf event of {whose}: {os.strerror(error)}")
    return fd
