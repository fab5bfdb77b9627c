"""Where what can be made again is kept: root's own folder, or the user's."""

import os
import stat
from pathlib import Path

from bpf.errors import CannotRun

# Root's own, unlike /tmp and /var/tmp, where others could plant a folder of that name; and a disk, unlike /run and many
# a /tmp: what `file` writes must not be measured against memory.
ROOTS_BASE = Path("/var/cache/bench")


def base_folder() -> Path:
    """Return the folder of this user."""
    if os.geteuid() == 0:
        return ROOTS_BASE
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "bench"


class OwnFolder:
    """A folder of machine code, which runs with our rights: nobody else may have written it."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it. Raises CannotRun for one that is another's, or that others may write."""
        self._path = path
        try:
            for folder in (path.parent, path):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise CannotRun(
                f"{path}, a folder for compiled code, cannot be made ({error.strerror})", "see why"
            ) from error
        if not _is_ours(os.fstat(self._fd)):
            os.close(self._fd)
            raise CannotRun(f"{path} holds compiled code that others could have written", f"type: rm -r {path}")

    def read(self, name: str) -> bytes | None:
        """Return what is kept under a name; None: nothing, or nothing of ours."""
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._fd)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            return file.read() if _is_ours(os.fstat(fd)) else None

    def write(self, name: str, data: bytes, *, most: int) -> None:
        """Keep it, whole or not at all, and no more than the newest so many. Raises CannotRun where it cannot be."""
        path = self._path / f".{name}-{os.getpid()}"
        try:
            path.write_bytes(data)
            path.chmod(0o600)
            path.replace(self._path / name)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise CannotRun(
                f"compiled code cannot be kept in {self._path} ({error.strerror})", "make room there, or see why"
            ) from error
        for old in sorted(self._path.iterdir(), key=_made_ns, reverse=True)[most:]:
            old.unlink(missing_ok=True)

    def close(self) -> None:
        os.close(self._fd)


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _made_ns(path: Path) -> int:
    """Tell when a file was made; of one that another process has taken away meanwhile, as if long ago."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
