"""Network namespaces of the calling thread."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

CLONE_NEWNET = 0x40000000  # include/uapi/linux/sched.h
OWN_NAMESPACE = Path("/proc/thread-self/ns/net")
_libc = ctypes.CDLL(None, use_errno=True)


def enter_namespace(fd: int) -> None:
    """Move the calling thread into the namespace behind a descriptor. Raises OSError."""
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"entering a network namespace: {os.strerror(errno)}")


@contextlib.contextmanager
def within(fd: int) -> Iterator[None]:
    """Be in that namespace, and come back. Raises OSError."""
    own = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter_namespace(fd)
        try:
            yield
        finally:
            enter_namespace(own)
    finally:
        os.close(own)
