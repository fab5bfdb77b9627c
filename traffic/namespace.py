"""Network namespaces of a thread: make one, enter one, tell which one it is in.

Python has os.unshare and os.setns from 3.12 on; both act on the calling thread alone.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from bpf.errors import CannotRun

CLONE_NEWNET = 0x40000000  # include/uapi/linux/sched.h
INIT_NAMESPACE = Path("/proc/1/ns/net")
OWN_NAMESPACE = Path("/proc/thread-self/ns/net")

_libc = ctypes.CDLL(None, use_errno=True)


def make_namespace() -> int:
    """Move the calling thread into a new network namespace; return a descriptor that keeps it alive.

    Raises CannotRun without the right.
    """
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise CannotRun(
            f"a network namespace could not be made ({os.strerror(ctypes.get_errno())})",
            "run it as root (it takes CAP_SYS_ADMIN and CAP_NET_ADMIN)",
        )
    return os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)


def enter_namespace(fd: int) -> None:
    """Move the calling thread into the namespace behind a descriptor. Raises OSError."""
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"entering a network namespace: {os.strerror(errno)}")


def own_inode() -> int:
    """Return the inode of the calling thread's namespace: the kernel's name for it."""
    return OWN_NAMESPACE.stat().st_ino


def init_inode() -> int | None:
    """Return the inode of the namespace that process 1 is in, or None where even root may not look (a container)."""
    try:
        return INIT_NAMESPACE.stat().st_ino
    except PermissionError:
        return None
