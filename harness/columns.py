"""The columns of the atlas that come with bench, a file a kernel."""

from collections.abc import Sequence
from pathlib import Path

from harness.machine.checkout import checkout
from results.atlas import Column, read_columns, version_of
from results.errors import BadInput


def column_files() -> list[Path]:
    """List the files."""
    return sorted((checkout() / "docs/results").glob("atlas-linux-*.jsonl"))


def kept_columns() -> list[Column]:
    """Read them, the oldest kernel first. Raises BadInput where there is none."""
    files = column_files()
    if not files:
        raise BadInput("this checkout has no column of the atlas (docs/results/atlas-linux-*.jsonl)")
    return read_columns(files)


def known_column(release: str, machine: str) -> Column | None:
    """Return the column that was made on this version of the kernel and this architecture; None: there is none."""
    columns = read_columns(column_files())
    alike = (column for column in columns if (column.title, column.machine) == (version_of(release), machine))
    return next(alike, None)


def telling_columns(release: str, machine: str) -> list[Column]:
    """Return what is known of a kernel: its own column, or all there are where it has none. Raises BadInput."""
    known = known_column(release, machine)
    return kept_columns() if known is None else [known]


def nearest(columns: Sequence[Column], release: str) -> Column:
    """Return the column of a kernel's version, else of the newest before it, else the oldest there is."""
    wanted = tuple(map(int, version_of(release).split(".")))
    older = [column for column in columns if column.order <= wanted]
    return older[-1] if older else columns[0]
