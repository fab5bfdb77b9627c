"""A line of the consumer's Python code, as series name it: the same in both arms of a check, wherever they lie."""

import linecache
import sysconfig
from pathlib import Path

_LONGEST = 100
_PYTHONS_OWN = tuple(sysconfig.get_path(name) + "/" for name in ("stdlib", "platstdlib"))


def code_line(file: str, line: int, function: str) -> dict[str, str]:
    """Name a line by its file from the folder that the consumer works in, and hold what stands there."""
    path = Path(file).absolute()
    here = Path.cwd()
    named = path.relative_to(here).parts if path.is_relative_to(here) else path.parts[-2:]
    text = linecache.getline(str(path), line).strip()
    return {"site": f"{'/'.join(named)}:{line}", "function": function, "text": text[:_LONGEST]}


def is_installed(file: str) -> bool:
    """Tell whether a file is Python's own, or of an installed package: not what the reader of a report would change."""
    return file.startswith(("<", *_PYTHONS_OWN)) or "-packages/" in file
