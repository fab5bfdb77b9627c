"""Write files as root where others may have prepared the ground.

A path given to a root tool may lead through a folder that others can write (/tmp): so links of strangers are not
followed, not even in the middle, and only plain files with a single name are written. New files belong to the user who
called sudo. The kernel has settings for parts of this (fs.protected_symlinks and its like), which may be off.
"""

import contextlib
import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from results.errors import BadInput

_MOST_LINKS = 40  # as the kernel's own limit, MAXSYMLINKS
_WRITABLE_BY_OTHERS = 0o022


def open_output(path: Path, *, append: bool = False) -> int:
    """Open a file to be written from its start, emptied, or with `append` at its end; make it if it is not there.

    Returns a descriptor, which can be read too. Raises BadInput that names the file, why it cannot be, and the cure.
    """
    with _folder_of(path) as folder:
        try:
            descriptor = os.open(path.name, _flags(append) | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
            give_to_caller(descriptor)
        except FileExistsError:
            descriptor = _open_existing(path.name, folder, append=append)
            if not append:
                os.ftruncate(descriptor, 0)
        return descriptor


def take_back(path: Path, descriptor: int) -> None:
    """Remove a file that this process made and still has open; one that stands there in its place stays."""
    with _folder_of(path) as folder, contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.stat(path.name, dir_fd=folder, follow_symlinks=False), os.fstat(descriptor)):
            os.unlink(path.name, dir_fd=folder)


def prove_writable(path: Path) -> None:
    """Raise BadInput, as `write_file` would, for a file that cannot be written; nothing is changed."""
    with _folder_of(path) as folder:
        _keep_status(path.name, folder)
        _prove_folder(folder)


def prove_output(path: Path) -> None:
    """Raise BadInput, as `open_output` would, for a file that cannot be written; nothing is changed."""
    with _folder_of(path) as folder:
        if _keep_status(path.name, folder) is None:
            _prove_folder(folder)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, beside its place, and put it there; until then, whatever fails, the old one stands.

    Raises BadInput when it cannot be, naming it and why, and OSError when the disk is full or fails.
    """
    with _folder_of(path) as folder:
        earlier = _keep_status(path.name, folder)
        name, descriptor = _open_beside(folder)
        try:
            try:
                if earlier is not None:
                    os.fchmod(descriptor, stat.S_IMODE(earlier.st_mode))
                    if os.geteuid() == 0:
                        os.fchown(descriptor, earlier.st_uid, earlier.st_gid)
                _fill(descriptor, content, path)
            finally:
                os.close(descriptor)
            os.replace(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.unlink(name, dir_fd=folder)
            raise


def _fill(descriptor: int, content: bytes, path: Path) -> None:
    """Bring all of it to the disk. Without a buffer, which would try again what failed when it is closed."""
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError as error:
        raise _DiskError(error.errno, f"cannot write: {error.strerror}", str(path)) from error


class _DiskError(OSError):
    """What the machine is to blame for, not the path."""


@contextlib.contextmanager
def _folder_of(path: Path) -> Iterator[int]:
    """Open a file's folder; what goes wrong meanwhile is told of the file."""
    if not path.name:
        raise BadInput(f"cannot write {path}: it is a folder; name a file in it")
    try:
        folder = _open_folder(path.absolute().parent)
    except OSError as error:
        why = f"there is no folder {path.parent}; make it first" if error.errno == errno.ENOENT else error.strerror
        raise BadInput(f"cannot write {path}: {why}") from error
    try:
        yield folder
    except _DiskError:
        raise
    except OSError as error:
        raise BadInput(f"cannot write {path}: {_explain(error)}") from error
    except BadInput as error:
        raise BadInput(f"cannot write {path}: {error}") from error
    finally:
        os.close(folder)


def _flags(append: bool) -> int:
    return os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_APPEND if append else 0)


def _open_existing(name: str, folder: int, *, append: bool) -> int:
    descriptor = os.open(name, _flags(append), dir_fd=folder)
    try:
        _refuse_unless_ours(descriptor, folder)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _keep_status(name: str, folder: int) -> os.stat_result | None:
    """Return the status of the file that is to be replaced, None when there is none."""
    try:
        descriptor = _open_existing(name, folder, append=True)
    except FileNotFoundError:
        return None
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def _open_beside(folder: int) -> tuple[str, int]:
    """Make a new file in the same folder; return its name, and its descriptor."""
    beside = f".bench-{secrets.token_hex(8)}"
    descriptor = os.open(beside, _flags(False) | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
    give_to_caller(descriptor)
    return beside, descriptor


def _prove_folder(folder: int) -> None:
    """Make a file there, and remove it."""
    beside, descriptor = _open_beside(folder)
    os.close(descriptor)
    os.unlink(beside, dir_fd=folder)


@contextlib.contextmanager
def as_caller() -> Iterator[None]:
    """Do what is within with the rights of the user who called sudo, where somebody did, and not with root's.

    For who may have root run one thing, and is not to choose which file it fills.
    """
    uid, gid = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if os.geteuid() != 0 or not uid.isdecimal() or not gid.isdecimal():
        yield
        return
    own = os.getegid(), os.getgroups()
    os.setgroups([int(gid)])
    os.setegid(int(gid))
    os.seteuid(int(uid))
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(own[0])
        os.setgroups(own[1])


def give_to_caller(descriptor: int) -> None:
    """Give a file that root made to the user who called sudo; anyone else's stays as it is."""
    uid, gid = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if os.geteuid() == 0 and uid.isdecimal() and gid.isdecimal() and max(int(uid), int(gid)) < 1 << 32:
        os.fchown(descriptor, int(uid), int(gid))


def _open_folder(path: Path) -> int:
    """Open a folder; as root link by link, and one of a stranger is refused. Raises OSError."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    here = os.open("/", os.O_PATH | os.O_CLOEXEC)
    names = list(reversed(path.parts[1:]))
    links = 0
    try:
        while names:
            entry = os.open(names.pop(), os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            status = os.fstat(entry)
            if not stat.S_ISLNK(status.st_mode):
                os.close(here)
                here = entry
                continue
            target = os.readlink("", dir_fd=entry)
            os.close(entry)
            links += 1
            if links > _MOST_LINKS or not _is_trusted(status.st_uid):
                raise OSError(errno.ELOOP, f"user {status.st_uid}'s link leads to {target}; name the folder itself")
            if target.startswith("/"):
                os.close(here)
                here = os.open("/", os.O_PATH | os.O_CLOEXEC)
            names += [name for name in reversed(target.split("/")) if name]
    except BaseException:
        os.close(here)
        raise
    return here


def _refuse_unless_ours(descriptor: int, folder: int) -> None:
    """Raise BadInput for what is no plain file, has a second name, or may have been planted by a stranger."""
    status, around = os.fstat(descriptor), os.fstat(folder)
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"it is {nature(status.st_mode)}; name a plain file")
    if os.geteuid() != 0:
        return
    if status.st_nlink > 1:
        # A second name may be one that another user gave to a file that is not theirs to write.
        raise BadInput(f"it has {status.st_nlink} names (hard links); copy it first")
    if around.st_mode & _WRITABLE_BY_OTHERS and not _is_trusted(status.st_uid):
        raise BadInput(f"it is user {status.st_uid}'s, in a folder that others can write; name a new file")


def nature(mode: int) -> str:
    """Say what a path is, if not a plain file."""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _is_trusted(uid: int) -> bool:
    """Tell whether a file is root's, this process's user's, or of the user who called sudo."""
    return uid in (0, os.geteuid()) or str(uid) == os.environ.get("SUDO_UID")


def _explain(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link; name the file itself"
    if error.errno == errno.EISDIR:
        return "it is a folder; name a file in it"
    return error.strerror or str(error)
