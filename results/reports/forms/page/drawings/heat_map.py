"""A heat map: on which host something is otherwise than on the others."""

import math

from results.fleet.heat import HeatMap
from results.reports.forms.page.figure import GRID, INK, LOSS, Drawn, Sheet, drawn, series_colour

_ROW, _MOST = 22, 60  # pixels a host; hosts before the picture stops helping
_FULL = math.log(2)  # from a ratio of two, or of a half, on the colour is full
_TEXTS = 10  # columns that have room for what their cells say; half of that on a phone


def draw(heat: HeatMap) -> Drawn | None:
    """Draw the cells; None where none of them has a ratio."""
    if not any(cell.apart for line in heat.cells for cell in line):
        return None
    lines = _farthest(heat)
    return drawn("heat", heat.says, lambda sheet: _plot(sheet, heat, lines), height=110 + _ROW * len(lines))


def _farthest(heat: HeatMap) -> list[int]:
    """Choose the hosts that are off the most where there are more than can be seen, and keep their order."""
    off = [max(abs(math.log(cell.apart)) if cell.apart else 0.0 for cell in line) for line in heat.cells]
    return sorted(sorted(range(len(off)), key=off.__getitem__, reverse=True)[:_MOST])


def _plot(sheet: Sheet, heat: HeatMap, lines: list[int]) -> None:
    (axes,) = sheet.axes
    axes.grid(visible=False)
    texts = len(heat.columns) <= (_TEXTS // 2 if sheet.narrow else _TEXTS)
    said: list[str] = []
    for y, line in enumerate(lines):
        for x, cell in enumerate(heat.cells[line]):
            colour, strength = _colour(cell.apart)
            axes.barh(y, 0.96, left=x - 0.48, height=0.9, color=colour, alpha=strength)
            if texts:
                axes.text(x, y, cell.text, ha="center", va="center", fontsize=10, color=INK)
            said.append(f"{heat.lines[line]}, {heat.columns[x]}: {cell.says}")
    # What the pointer finds: a mark in each cell that nobody sees.
    places = [(x, y) for y in range(len(lines)) for x in range(len(heat.columns))]
    across, down = zip(*places, strict=True)
    axes.plot(across, down, "s", markersize=14, alpha=0, gid=sheet.mark("cells", said))
    shown = [heat.lines[line] for line in lines]
    rows, columns = sheet.fitted(shown), sheet.fitted(heat.columns)
    axes.set_yticks(range(len(lines)), [rows[name] for name in shown])
    axes.set_xticks(range(len(heat.columns)), [columns[name] for name in heat.columns], rotation=30, ha="right")
    axes.tick_params(axis="both", labelcolor=INK, length=0)
    axes.set_xlim(-0.5, len(heat.columns) - 0.5)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    left_out = len(heat.lines) - len(lines)
    axes.set_xlabel(f"{heat.reads}{f'; {left_out} hosts that are off less are not drawn' if left_out else ''}")


def _colour(apart: float | None) -> tuple[str, float]:
    """Choose a colour by the direction, its strength by the distance."""
    if not apart:
        return GRID, 0.35
    distance = math.log(apart)
    return (LOSS if distance > 0 else series_colour(2)), 0.08 + 0.72 * min(1.0, abs(distance) / _FULL)
