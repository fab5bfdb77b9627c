"""The kernel's files of tracepoints, which bcc and perf attach by: there also where nobody mounted them.

systemd mounts them; a machine without it (a container, a small virtual machine) has none. perf then mounts them for the
whole machine, and leaves them; what bench runs does so in a mount namespace of its own.
"""

import ctypes
import os
from pathlib import Path

TRACEFS = Path("/sys/kernel/tracing")
_PLACES = (TRACEFS, Path("/sys/kernel/debug/tracing"))  # where bcc and perf look
_CLONE_NEWNS, _MS_SLAVE, _MS_REC = 0x20000, 0x80000, 0x4000  # include/uapi/linux/sched.h, mount.h
_libc = ctypes.CDLL(None)


def tracefs_is_there() -> bool:
    return any(os.access(place / "events", os.F_OK) for place in _PLACES)


def bring_tracefs() -> None:
    """Mount tracefs, where it is missing, for this process and those that it starts alone.

    To be called before any thread is started. Where the kernel refuses, as in a chroot whose mounts others would share,
    nothing is mounted, and `bench doctor` says what is missing.
    """
    if tracefs_is_there() or _libc.unshare(_CLONE_NEWNS):
        return
    # What others mount later is still seen, what is mounted here is not.
    if not _libc.mount(None, b"/", None, ctypes.c_ulong(_MS_SLAVE | _MS_REC), None):
        _libc.mount(b"tracefs", bytes(TRACEFS), b"tracefs", ctypes.c_ulong(0), None)
