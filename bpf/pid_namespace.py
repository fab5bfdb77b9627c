"""In which numbers a program tells of processes: in those of /proc here, which in a container are its own."""

from __future__ import annotations

from pathlib import Path

OWN = Path("/proc/self/ns/pid")
ELSEWHERE = 0xFFFFFFFF
"""The number of a process that is outside the container, or in one within it: it has none here."""

_FIRST_INODE = 0xEFFFFFFC  # PROC_PID_INIT_INO of include/linux/proc_ns.h


def namespace_flags() -> list[str]:
    """Return what programs/numbers.h asks for; nothing in the first namespace, or where the kernel has no others."""
    try:
        own = OWN.stat()
    except FileNotFoundError:
        return []
    if own.st_ino == _FIRST_INODE:
        return []
    return [f"-DPID_NAMESPACE={own.st_ino}", f"-DPID_NAMESPACE_DEVICE={own.st_dev}", f"-DELSEWHERE={ELSEWHERE}U"]
