"""What /proc tells: the names in it are others' choice, of any bytes but the one that ends a line."""

import os
from pathlib import Path

PROC = Path("/proc")


def lines(file: Path) -> list[str]:
    """Return the lines of a file. Not by splitlines(), which ends one at a form feed or U+2028 too."""
    return [line for line in os.fsdecode(file.read_bytes()).split("\n") if line]


def status(pid: int | str) -> list[bytes]:
    """Return the fields of a process's stat from its state on; the name before that may hold brackets and blanks.

    Raises OSError for one that is gone.
    """
    return (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
