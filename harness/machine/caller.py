"""The user behind sudo: files, caches and results belong to them."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from results.errors import BadInput


@dataclass(frozen=True, slots=True)
class Caller:
    """Who typed the command."""

    uid: int
    gid: int
    home: Path


def caller() -> Caller:
    """Return the user that called sudo, or this process's own. Raises BadInput for a SUDO_UID that is no user."""
    if os.geteuid() == 0 and "SUDO_UID" in os.environ:
        try:
            user = pwd.getpwuid(int(os.environ["SUDO_UID"]))
        except (KeyError, ValueError) as error:
            raise BadInput(f"SUDO_UID is {os.environ['SUDO_UID']!r}, which is no user of this machine") from error
        return Caller(user.pw_uid, user.pw_gid, Path(user.pw_dir))
    return Caller(os.getuid(), os.getgid(), Path.home())


def make_folder(path: Path, owner: Caller) -> None:
    """Make a folder and those above it, each new one the caller's. Raises OSError."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o755)
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
