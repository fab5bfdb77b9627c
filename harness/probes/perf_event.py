"""A counter of the kernel's (perf_event_open) on the thread that opens it."""

import ctypes
import fcntl
import os
import signal
import struct
import threading
from contextlib import ExitStack
from typing import Self

# include/uapi/linux/perf_event.h: struct perf_event_attr as in its first version, of 64 bytes
_ATTR = struct.Struct("=IIQQQQQIIQ")
_SOFTWARE, _TASK_CLOCK = 1, 1
_DISABLED = 1 << 0
_ENABLE, _DISABLE, _REFRESH = 0x2400, 0x2401, 0x2402
_CLOSE_ON_EXEC = 8
_SYS_PERF_EVENT_OPEN = {"x86_64": 298}.get(os.uname().machine, 241)
# fcntl.h: what Python's module does not name on every version
_SET_SIGNAL, _SET_OWNER, _OWNER_IS_THREAD = 10, 15, 0


class CpuClock(ExitStack):
    """Sends a signal to the thread that opened it each time it has used so much CPU time, as a context manager.

    Timers of the process are as coarse as the kernel's tick; this one is not. Raises OSError on entering.
    """

    def __init__(self, period_ns: int, number: signal.Signals) -> None:
        super().__init__()
        self._period_ns = period_ns
        self._signal = number

    def __enter__(self) -> Self:
        self._fd = _open(_SOFTWARE, _TASK_CLOCK, self._period_ns)
        self.callback(os.close, self._fd)
        owner = struct.pack("ii", _OWNER_IS_THREAD, threading.get_native_id())
        fcntl.fcntl(self._fd, _SET_OWNER, owner)
        fcntl.fcntl(self._fd, _SET_SIGNAL, self._signal)
        fcntl.fcntl(self._fd, fcntl.F_SETFL, os.O_ASYNC)
        return self

    def start(self) -> None:
        fcntl.ioctl(self._fd, _ENABLE, 0)

    def stop(self) -> None:
        fcntl.ioctl(self._fd, _DISABLE, 0)


def _open(kind: int, config: int, period: int) -> int:
    attributes = _ATTR.pack(kind, _ATTR.size, config, period, 0, 0, _DISABLED, 1, 0, 0)
    opened: int = ctypes.CDLL(None, use_errno=True).syscall(_SYS_PERF_EVENT_OPEN, attributes, 0, -1, -1, _CLOSE_ON_EXEC)
    if opened < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"perf_event_open: {os.strerror(error)}")
    return opened
