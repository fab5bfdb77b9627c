"""The folders in which a user's own modules are found: PYTHONPATH, which Python itself never gets to see.

Python would look there before anywhere else, and a folder called `results` or `rich` would take the place of ours.
Here Python's library, bench and what it depends on come first, then these folders, then what else is installed.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from types import ModuleType

Context = DistributionFinder.Context
_ANY = Context()

# bcc is the distribution's: it lies among what else is installed.
_OURS = frozenset({"bcc", "bpf", "harness", "modes", "results", "traffic"})


def user_path() -> list[Path]:
    """Return the folders of PYTHONPATH, absolute; an empty entry, Python's word for the current folder, is none."""
    return [Path(entry).absolute() for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def search(folders: Sequence[Path]) -> None:
    """Find modules in these folders too, from now on."""
    if folders:
        sys.meta_path.insert(sys.meta_path.index(PathFinder), _Finder(list(map(str, folders))))


class _Finder:
    def __init__(self, folders: list[str]) -> None:
        self._folders = folders
        self._environment = [sysconfig.get_path("purelib")]

    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if path is not None or name in _OURS or name in sys.stdlib_module_names:
            return None
        if PathFinder.find_spec(name, self._environment) is not None:
            return None
        found = PathFinder.find_spec(name, self._folders)
        # As ever, a folder without __init__.py gives way to a package of that name further on.
        return found if found is None or found.loader is not None or PathFinder.find_spec(name) is None else None

    def find_distributions(self, context: Context = _ANY) -> Iterable[Distribution]:
        """Find what says which versions lie there (importlib.metadata), but for what we depend on."""
        ours, users = (Context(name=context.name, path=where) for where in (self._environment, self._folders))
        if context.name is not None and any(MetadataPathFinder.find_distributions(ours)):
            return ()
        return MetadataPathFinder.find_distributions(users)
