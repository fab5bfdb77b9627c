"""How old events are when they are handled, on the percentile scale of HDR histograms: each step right is rarer."""

from collections.abc import Sequence

from results import units
from results.reports.forms.page.figure import Drawn, Sheet, drawn, label_ends, look, plain_log
from results.scorecard.percentiles import percentiles
from results.scorecard.report import Report
from results.scorecard.variants import Variant

_NAMES = {1: "0", 2: "50 %", 10: "90 %", 100: "99 %", 1_000: "99.9 %", 10_000: "99.99 %", 100_000: "99.999 %"}


def draw(report: Report) -> Drawn | None:
    """Draw the percentiles of each variant's chosen row; None when no row has ages."""
    curves = [(variant, found) for variant, row in report.chosen if (found := percentiles(row))]
    if not curves:
        return None
    says = "Age of events when handled, by percentile, for " + ", ".join(variant.label for variant, _ in curves)
    return drawn("latency", says, lambda sheet: _plot(sheet, curves), height=380)


def _plot(sheet: Sheet, curves: Sequence[tuple[Variant, list[tuple[float, float]]]]) -> None:
    (axes,) = sheet.axes
    ends = []
    for variant, found in curves:
        style = look(variant.colour, variant.style)
        said = [
            f"{variant.label}: {100 * (1 - 1 / rarity):.6g} % of events within {units.nanoseconds(age)}"
            for rarity, age in found
        ]
        axes.plot(
            [rarity for rarity, _ in found], [age for _, age in found],
            gid=sheet.mark(variant.key, said, variant.label), markersize=4, **style,
        )  # fmt: skip
        ends.append((found[-1][1], variant.label, style))
    plain_log(axes, "y", units.nanoseconds)
    axes.set_xscale("log")
    rarest = max(rarity for _, found in curves for rarity, _ in found)
    marks = [one for one in _NAMES if one <= rarest][1 if sheet.narrow else 0 :: 2 if sheet.narrow else 1]
    axes.set_xticks(marks, [_NAMES[one] for one in marks])
    axes.minorticks_off()
    axes.set_title("Age of an event when it is handled")
    axes.set_xlabel("share of the events that are at most this old")
    label_ends(sheet, axes, ends)
