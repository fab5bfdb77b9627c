"""Ratios with their intervals, each against the margin within which it counts as the same."""

from collections.abc import Sequence

from results.compare import Compared, Judged
from results.metrics import SCORECARD
from results.reports.forms.page.figure import GRID, INK, LOSS, MUTED, Drawn, Sheet, drawn, series_colour

_COLOURS = {"worse": LOSS, "better": series_colour(2), "same": INK, "undecided": MUTED}
_ROW, _MOST = 24, 48  # pixels per row; rows before the picture stops helping


def draw(compared: Compared) -> Drawn | None:
    """Draw the ratios of the scorecard's metrics; None when there is none."""
    ratios = [each for each in compared.judged if each.shift and each.shift.scale == "ratio"]
    shown = [each for column in SCORECARD for each in ratios if each.column is column][:_MOST]
    if not shown:
        return None
    says = f"Ratios of {compared.name_b} to {compared.name_a} with their intervals"
    return drawn("forest", says, lambda sheet: _plot(sheet, shown), height=90 + _ROW * len(shown))


def _plot(sheet: Sheet, shown: Sequence[Judged]) -> None:
    (axes,) = sheet.axes
    axes.grid(visible=False, axis="y")
    axes.axvline(1, color=MUTED, linewidth=1)
    for place, each in enumerate(reversed(shown)):
        assert each.shift is not None
        colour = _COLOURS[each.verdict]
        axes.barh(place, each.margin + 1 - 1 / (1 + each.margin), left=1 / (1 + each.margin), height=0.8, color=GRID)
        axes.plot([each.shift.low, each.shift.high], [place, place], color=colour, linewidth=2.4)
        said = (
            f"{each.label}, {each.column.title}: {each.shift.estimate:.3g} times "
            f"({each.shift.low:.3g} to {each.shift.high:.3g}), {each.verdict}"
        )
        axes.plot([each.shift.estimate], [place], "o", color=colour, gid=sheet.mark(f"row{place}", [said]))
    ends = [end for each in shown if each.shift for end in (each.shift.low, each.shift.high)]
    low, high = min([*ends, 0.9]), max([*ends, 1.1])
    if high / low > 4:
        axes.set_xscale("log")
        marks = [mark for mark in (0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100, 1000) if low / 2 <= mark <= high * 2]
        axes.set_xticks(marks, [f"×{mark:g}" for mark in marks])
        axes.minorticks_off()
    else:
        axes.xaxis.set_major_formatter(lambda value, _place: f"{(value - 1) * 100:+.3g} %" if value != 1 else "0")
        axes.locator_params(axis="x", nbins=4 if sheet.narrow else 8)

    fitted = sheet.fitted([each.label for each in shown])
    names = [f"{fitted[each.label]} · {each.column.title}" for each in reversed(shown)]
    axes.set_yticks(range(len(shown)), names)
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("B relative to A (bands: the margin)")
