"""A clock of the kernel's that counts the CPU time of the thread that opens it."""

import fcntl
import os
import signal
import struct
import threading
from contextlib import ExitStack
from typing import Self

from bpf.perf_event import TASK_CLOCK, open_software_event

# include/uapi/linux/perf_event.h: a flag of struct perf_event_attr, wakeup_events, and requests of ioctl(2)
_DISABLED, _EACH = 1 << 0, 1
_ENABLE, _DISABLE = 0x2400, 0x2401
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
        self._fd = open_software_event(TASK_CLOCK, cpu=None, period=self._period_ns, flags=_DISABLED, wakeup=_EACH)
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
