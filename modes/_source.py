"""Read a mode file that the user names: it will run as root, so nobody else may have had a hand in it."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from results.errors import BadInput


def read_source(path: Path) -> bytes:
    """Return the text of a mode file. Raises BadInput if it is not there, or if others could have written it.

    What is checked is what is read, through one descriptor: it cannot be exchanged in between, and no compiled copy
    beside it is trusted.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise BadInput(f"mode file {path} does not exist") from error
    except OSError as error:
        raise BadInput(f"mode file {path} cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(f"mode file {path} is not a file")
        _refuse_if_others_could_write(path, status)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _refuse_if_others_could_write(path: Path, status: os.stat_result) -> None:
    what, cure = f"mode file {path} would run with your rights, but", None
    if status.st_uid not in _trusted_users():
        what += f" it belongs to user {status.st_uid}, who is neither root nor you"
        cure = f"read it, then copy it or, as root: chown {_caller()} {path}"
    elif status.st_mode & stat.S_IWOTH:
        what, cure = f"{what} everybody may write it", f"chmod o-w {path}"
    elif status.st_mode & stat.S_IWGRP and not _is_own_group(status):
        what, cure = f"{what} the group {status.st_gid} may write it", f"chmod g-w {path}"
    if cure is not None:
        raise BadInput(f"{what}; {cure}")


def _trusted_users() -> set[int]:
    return {0, os.geteuid(), _caller()}


def _caller() -> int:
    """Return who called sudo; without it, the owner of this checkout."""
    uid = os.environ.get("SUDO_UID", "")
    return int(uid) if os.geteuid() == 0 and uid.isdecimal() else Path(__file__).stat().st_uid


def _is_own_group(status: os.stat_result) -> bool:
    """Tell whether a file's group is its owner's own, with nobody else in it."""
    if status.st_gid == 0:
        return True
    try:
        owner = pwd.getpwuid(status.st_uid)
        members = set(grp.getgrgid(status.st_gid).gr_mem)
    except KeyError:
        return False
    members |= {user.pw_name for user in pwd.getpwall() if user.pw_gid == status.st_gid}
    return owner.pw_gid == status.st_gid and members <= {owner.pw_name}
