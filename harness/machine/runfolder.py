"""A private folder for each session's temporary files, which a later start can tell from a dead session's.

The session holds a lock on its folder; the kernel drops the lock when the process dies, however it dies. A folder that
nobody holds is what a killed run left behind. The base lock keeps anyone from looking between making and locking.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bpf.cache import base_folder
from bpf.errors import CannotRun
from harness.check.repository import take_back


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleFolder:
    """What a session that was killed left behind."""

    path: Path
    size_bytes: int


@contextlib.contextmanager
def run_folder(base: Path | None = None) -> Iterator[Path]:
    """Make a folder (mode 0700) for one session, and remove it with all that is in it at the end.

    Raises CannotRun when it cannot be made.
    """
    base = base_folder() if base is None else base
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(base, fcntl.LOCK_EX):
            folder = Path(tempfile.mkdtemp(prefix=f"session-{os.getpid()}-", dir=base))
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(held, fcntl.LOCK_EX)
    except OSError as error:
        raise CannotRun(
            f"a folder for temporary files could not be made in {base} ({error.strerror})",
            f"make {base} writable, or free space there",
        ) from error
    try:
        yield folder
    finally:
        take_back(folder)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def running_sessions(base: Path | None = None) -> list[int]:
    """List the processes of the sessions that run now, by the folders that they hold; ours is not among them."""
    base = base_folder() if base is None else base
    if not base.exists():
        return []
    with _locked(base, fcntl.LOCK_EX):
        held = [folder for folder in base.glob("session-*-*") if not folder.is_symlink() and _is_held(folder)]
    numbers = (folder.name.split("-")[1] for folder in held)
    return sorted({int(number) for number in numbers if number.isdecimal()} - {os.getpid()})


def stale_folders(base: Path | None = None) -> list[StaleFolder]:
    """List the folders that no living session holds. Raises PermissionError where they are not ours to see."""
    base = base_folder() if base is None else base
    if not base.exists():
        return []
    with _locked(base, fcntl.LOCK_EX):
        return [
            StaleFolder(path=folder, size_bytes=_size(folder))
            for folder in sorted(base.glob("session-*"))
            if not folder.is_symlink() and _is_held(folder) is False
        ]


def remove(stale: StaleFolder) -> None:
    """Remove a folder that a killed session left, and what refers to it.

    Raises OSError when something in it cannot be removed.
    """
    take_back(stale.path)
    shutil.rmtree(stale.path)


def _is_held(folder: Path) -> bool | None:
    """Tell whether a session holds a folder; None: it has ended since the folder was listed, and the folder is gone."""
    try:
        with _locked(folder, fcntl.LOCK_SH | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return None


def _size(folder: Path) -> int:
    """Add up the files of a folder that another may be removing."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += Path(place, name).lstat().st_size
    return size


@contextlib.contextmanager
def _locked(folder: Path, operation: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)
