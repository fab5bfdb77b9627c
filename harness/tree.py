"""Where consumer processes come from, when it is not simply this checkout and the caller's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of sources: a consumer process works in it, and imports from `import_path` before anything else.

    `mode` is what to load there (a name, a path from `folder`, or a module), whatever the setting calls it.
    """

    folder: Path
    import_path: tuple[Path, ...]
    mode: str
