"""A Python file of the user's own, which runs with our rights: a mode, a drop kind. Nobody else may have written it."""

import functools
import grp
import os
import pwd
import stat
import sys
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from results.errors import BadInput


def is_file(name: str) -> bool:
    """Tell what is named by its file from what is named by itself."""
    return name.endswith(".py") or "/" in name


MODE_FILE, TRAFFIC_FILE = "mode file", "traffic file"
RUNS = "would run with your rights"


def read_source(path: Path, what: str = MODE_FILE, does: str = RUNS) -> bytes:
    """Return the text of a file. Raises BadInput if it is not there, or if others could have written it.

    `what` it is and what it `does` stand in the message.

    What is checked is what is read, through one descriptor: it cannot be exchanged in between, and no compiled copy
    beside it is trusted.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise BadInput(f"{what} {path} does not exist") from error
    except OSError as error:
        raise BadInput(f"{what} {path} cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(f"{what} {path} is not a file")
        _refuse_if_others_could_write(f"{what} {path} {does}, but", path, status)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _refuse_if_others_could_write(what: str, path: Path, status: os.stat_result) -> None:
    cure = None
    if status.st_uid not in (0, os.geteuid(), _caller()):
        what += f" it belongs to user {status.st_uid}, who is neither root nor you"
        cure = f"read it, then copy it or, as root: chown {_caller()} {path}"
    elif status.st_mode & stat.S_IWOTH:
        what, cure = f"{what} everybody may write it", f"chmod o-w {path}"
    elif status.st_mode & stat.S_IWGRP and not _is_own_group(status):
        what, cure = f"{what} the group {status.st_gid} may write it", f"chmod g-w {path}"
    if cure is not None:
        raise BadInput(f"{what}; {cure}")


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


class Siblings(MetaPathFinder):
    """Finds modules and packages of one folder. Goes last on sys.meta_path: `results.py` there never hides ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if path is not None:
            return None
        spec = PathFinder.find_spec(name, [str(self._folder)])
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        spec.loader = _Trusted(name, spec.loader.path)
        return spec


class _Trusted(SourceFileLoader):
    def get_code(self, _name: str) -> CodeType:
        return compile(read_source(Path(self.path), "module"), self.path, "exec", dont_inherit=True)


@functools.cache
def run_file(path: Path, source: bytes, what: str = MODE_FILE) -> ModuleType:
    """Run a file once, however often it is asked for: what it reads or prints at import comes once. Raises BadInput."""
    sys.meta_path.append(Siblings(path.resolve().parent))
    module = ModuleType(f"{what.replace(' ', '_')}_{path.stem}")
    module.__file__ = str(path.resolve())
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, module.__file__, "exec"), vars(module))
    except (Exception, SystemExit) as error:  # whatever a stranger's file raises is bad input of ours
        raise BadInput(f"{what} {path} fails to import: {last_line(error, what)}") from error
    return module


def last_line(error: BaseException, what: str = MODE_FILE) -> str:
    """Write an error with the place where it came from, and the cure where a module was not found."""
    frames = traceback.extract_tb(error.__traceback__)
    place = [frame for frame in frames if not frame.filename.startswith("<frozen")][-1]  # not in the import itself
    cure = ""
    if isinstance(error, ModuleNotFoundError):
        cure = (
            f"; put {error.name} beside the {what}, or name the folder that holds it in PYTHONPATH, "
            "which sudo passes on as: sudo env PYTHONPATH=FOLDER bench"
        )
    return f"{type(error).__name__}: {error} (line {place.lineno} of {place.filename}){cure}"
