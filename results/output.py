"""Writing a report to a file: through no link, and owned by the user who called sudo."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def write_file(path: Path, content: bytes) -> None:
    """Write a file anew. Raises ValueError when it cannot be, naming it and why."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        created = not path.exists()
        descriptor = os.open(path, flags, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError(f"cannot write {path}: it is no plain file")
            os.ftruncate(descriptor, 0)
            file.write(content)
            if created:
                give_to_caller(descriptor)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from error


def give_to_caller(descriptor: int) -> None:
    """Give a file that root made to the user who called sudo; anyone else's stays as it is."""
    uid, gid = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if os.geteuid() == 0 and uid.isdecimal() and gid.isdecimal():
        os.fchown(descriptor, int(uid), int(gid))
