"""A heat map as any form may draw it: lines of hosts, columns of what is told of them, and how far each cell is off."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeatCell:
    """What stands in a cell, what it says when pointed at, and its ratio to what is usual; None: there is none."""

    text: str
    says: str
    apart: float | None = None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Cells by the names of their lines and columns; `reads` is how to read them."""

    says: str
    reads: str
    lines: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[HeatCell, ...], ...]
