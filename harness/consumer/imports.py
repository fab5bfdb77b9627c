"""What a consumer process imported, and from which files: the proof that an arm of a check ran its own tree."""

import importlib.metadata
import os
import sys
import sysconfig
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Import:
    """A module, or a shared library, in a consumer process.

    `version` is that of its distribution or its own; `by_mode` tells those that came with the mode or after it.
    """

    name: str
    file: str
    version: str | None
    by_mode: bool

    @property
    def words(self) -> str:
        return f"{self.name} {self.version or 'without a version'} ({self.file})"


def imported(before: Collection[str]) -> list[Import]:
    """List what this process imported beside Python's own library, links followed; `before` is what it had already.

    Of what it had, packages do: their modules lie in them.
    """
    standard = tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))
    found = []
    for name, module in sorted(sys.modules.items()):
        file = vars(module).get("__file__") if isinstance(module, ModuleType) else None
        by_mode = name not in before
        is_package = "." not in name
        if not isinstance(file, str) or not (by_mode or is_package):
            continue
        path = os.path.realpath(file)
        if not path.startswith(standard) or "-packages" in path:  # site-packages may lie in there
            found.append(Import(name, path, _version(name, module) if by_mode and is_package else None, by_mode))
    return found + [Import(Path(file).name, file, None, by_mode=False) for file in _libraries()]


def _version(name: str, module: ModuleType) -> str | None:
    version = vars(module).get("__version__")
    if isinstance(version, str):
        return version
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _libraries() -> Iterable[str]:
    """List the files whose code is mapped: what ctypes opened is no module."""
    lines = (
        line.split(maxsplit=5) for line in Path("/proc/self/maps").read_text(errors="surrogateescape").splitlines()
    )
    return sorted({words[5] for words in lines if len(words) == 6 and "x" in words[1] and words[5].startswith("/")})
