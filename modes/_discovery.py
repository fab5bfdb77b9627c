"""Find modes: the files of this folder, a path to a file, or a module."""

from __future__ import annotations

import difflib
import functools
import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

from modes._mode import Mode, Reader
from modes._siblings import Siblings
from modes._source import read_source
from results.errors import BadInput


def mode_names() -> list[str]:
    """List the modes of this folder."""
    files = Path(__file__).parent.glob("[!_]*.py")
    return sorted(file.stem.replace("_", "-") for file in files)


def is_file(name: str) -> bool:
    """Tell a mode that is named by its file from one that is named by itself."""
    return name.endswith(".py") or "/" in name


def load_mode(name: str) -> type[Mode]:
    """Return the mode of that name, file (`path/to/consumer.py`) or module (`package.module`).

    Raises BadInput that says what is wrong, with the nearest name where nothing fits.
    """
    if is_file(name):
        module = _import_file(Path(name))
    elif name in mode_names():
        module = importlib.import_module(f"modes.{name.replace('-', '_')}")
    elif "." in name:
        module = _import_module(name)
    else:
        near = difflib.get_close_matches(name, mode_names(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(mode_names())}"
        raise BadInput(f"no mode {name!r}; {hint}")
    return _mode_in(module, name)


def readers_of(mode: type[Mode]) -> tuple[Reader, ...]:
    """List the readers that can serve a mode, by the methods that it defines; the first is the default."""
    methods: dict[str, Reader] = {"take": "batch", "on_record": "callback", "snapshot": "snapshot"}
    return tuple(reader for method, reader in methods.items() if callable(getattr(mode, method, None)))


def _import_file(path: Path) -> ModuleType:
    return _run_file(path, read_source(path))


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
