"""Let a mode file import what lies beside it: after all else, and as careful about who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from modes._source import read_source


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
