"""Find modes: the files of modes/, a path to a file, or a module. A file that the user names will run as root."""

import importlib
from pathlib import Path
from types import ModuleType

from bpf.own_code import is_file, last_line, read_source, run_file
from bpf.reader import reader_named, reader_names
from modes.parts.mode import Mode
from results.errors import BadInput, unknown


def mode_names() -> list[str]:
    """List the modes of this folder."""
    files = Path(__file__).parents[1].glob("[!_]*.py")
    return sorted(file.stem.replace("_", "-") for file in files)


def load_mode(name: str) -> type[Mode]:
    """Return the mode of that name, file (`path/to/consumer.py`) or module (`package.module`).

    Raises BadInput that says what is wrong, with the nearest name where nothing fits.
    """
    if is_file(name):
        module = run_file(Path(name), read_source(Path(name)))
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


def _import_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever it raises is bad input of ours
        raise BadInput(f"mode module {name} fails to import: {last_line(error)}") from error


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
