"""Find modes: the files of modes/, a path to a file, or a module. A file that the user names will run as root."""

import functools
import grp
import importlib
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

from bpf.reader import reader_named, reader_names
from modes.parts.mode import Mode
from results.errors import BadInput, unknown


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
        return compile(read_source(Path(self.path)), self.path, "exec", dont_inherit=True)


def mode_names() -> list[str]:
    """List the modes of this folder."""
    files = Path(__file__).parents[1].glob("[!_]*.py")
    return sorted(file.stem.replace("_", "-") for file in files)


def is_file(name: str) -> bool:
    """Tell a mode that is named by its file from one that is named by itself."""
    return name.endswith(".py") or "/" in name


def load_mode(name: str) -> type[Mode]:
    """Return the mode of that name, file (`path/to/consumer.py`) or module (`package.module`).

    Raises BadInput that says what is wrong, with the nearest name where nothing fits.
    """
    if is_file(name):
        module = _run_file(Path(name), read_source(Path(name)))
    elif name in mode_names():
        module = importlib.import_module(f"modes.{name.replace('-', '_')}")
    elif "." in name:
        module = _import_module(name)
    else:
        raise unknown(f"no mode '{name}'", name, mode_names(), f"there are: {', '.join(mode_names())}")
    return _mode_in(module, name)


def readers_of(mode: type[Mode]) -> tuple[str, ...]:
    """List the readers that can serve a mode, by the parts that it plays; the first is the default."""
    return tuple(name for name in reader_names() if issubclass(mode, reader_named(name).serves))


@functools.cache
def _run_file(path: Path, source: bytes) -> ModuleType:
    """Run a file once, however often its mode is asked for: what it reads or prints at import comes once."""
    sys.meta_path.append(Siblings(path.resolve().parent))
    module = ModuleType(f"mode_file_{path.stem}")
    module.__file__ = str(path.resolve())
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, module.__file__, "exec"), vars(module))
    except (Exception, SystemExit) as error:  # whatever a stranger's file raises is bad input of ours
        raise BadInput(f"mode file {path} fails to import: {_last_line(error)}") from error
    return module


def _import_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # as above
        raise BadInput(f"mode module {name} fails to import: {_last_line(error)}") from error


def _mode_in(module: ModuleType, name: str) -> type[Mode]:
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Mode) and value.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise BadInput(f"mode {name} must define one class that derives from modes.Mode, and has {len(own)}")
    if not readers_of(own[0]):
        raise BadInput(f"mode {name} defines none of take, on_record and snapshot; see docs/writing-a-mode.md")
    return own[0]


def _last_line(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = [frame for frame in frames if not frame.filename.startswith("<frozen")][-1]  # not in the import itself
    cure = ""
    if isinstance(error, ModuleNotFoundError):
        cure = (
            f"; put {error.name} beside the mode file, or name the folder that holds it in PYTHONPATH, "
            "which sudo passes on as: sudo env PYTHONPATH=FOLDER bench"
        )
    return f"{type(error).__name__}: {error} (line {place.lineno} of {place.filename}){cure}"
