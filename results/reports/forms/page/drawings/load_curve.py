"""Consumed and lost against offered load: where each variant stops keeping up."""

from collections.abc import Sequence

from results import units
from results.metrics import CONSUME_RATE, LOSS_RATIO, OFFERED_LOAD
from results.reports.forms.page.figure import MUTED, Drawn, Sheet, drawn, label_ends, look, plain_log, series_colour
from results.reports.loss import with_worst
from results.scorecard.report import Report
from results.scorecard.rows import Row
from results.scorecard.variants import Variant
from results.statistics.spread import Spread

# Losses below this share are drawn at the foot of the axis: one drop in a million, less than any trial can resolve.
_FLOOR = 1e-6

# An offered load, and what was consumed and lost there.
_Point = tuple[float, Spread, Spread]


def draw(report: Report) -> Drawn | None:
    """Draw a curve for each variant that was put under two loads or more; None when there is none."""
    curves = [(variant, _points(variant)) for variant in report.variants if len(variant.paced_rows) > 1]
    shown = [(variant, points) for variant, points in curves if points]
    if not shown:
        return None
    says = "Records consumed and share of drops lost against offered load, for " + ", ".join(v.label for v, _ in shown)
    return drawn("load", says, lambda sheet: _plot(sheet, shown), panels=2, height=270)


def _rows(variant: Variant) -> list[Row]:
    """Take every load; of a search, whose steps crowd round the limit, those of its curve and checks."""
    if variant.limits is None or not variant.limits.curve:
        return list(variant.paced_rows)
    loads = {point.timed.setting.intended_load for point in variant.limits.curve} | {
        c.load for c in variant.limits.checks
    }
    return [row for row in variant.paced_rows if row.setting.intended_load in loads]


def _points(variant: Variant) -> list[_Point]:
    """List the loads at which a rate and a loss are known, from the lowest."""
    points = []
    for row in _rows(variant):
        offered, rate, loss = row.spread(OFFERED_LOAD), row.spread(CONSUME_RATE), row.spread(LOSS_RATIO)
        if offered and rate and loss:
            points.append((offered.median, rate, loss))
    return sorted(points, key=lambda point: point[0])


def _plot(sheet: Sheet, shown: Sequence[tuple[Variant, list[_Point]]]) -> None:
    above, below = sheet.axes
    ends = []
    loads = []
    for variant, points in shown:
        style = look(variant.colour, variant.style)
        x = [offered for offered, _, _ in points]
        loads += x
        rates = [rate.median for _, rate, _ in points]
        losses = [max(loss.median, _FLOOR) for _, _, loss in points]
        said = [
            f"{variant.label}: {units.rate(at)} offered, {units.rate(rate.median)} consumed, "
            f"{with_worst(loss.values)} lost"
            for at, rate, loss in points
        ]
        above.vlines(
            x,
            [r.low for _, r, _ in points],
            [r.high for _, r, _ in points],
            color=series_colour(variant.colour),
            linewidth=1,
        )
        above.plot(x, rates, gid=sheet.mark(f"{variant.key}-consumed", said, variant.label), **style)
        # Up to the worst trial, which the median may hide.
        worst = [max(*loss.values, _FLOOR) for _, _, loss in points]
        below.vlines(x, losses, worst, color=series_colour(variant.colour), linewidth=1)
        below.plot(x, losses, gid=sheet.mark(f"{variant.key}-lost", said, variant.label), **style)
        ends.append((rates[-1], variant.label, style))
    above.plot([min(loads), max(loads)], [min(loads), max(loads)], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
    plain_log(above, "x", units.quantity)
    plain_log(above, "y", units.quantity)
    plain_log(below, "x", units.quantity)
    below.set_yscale("log")
    below.set_ylim(_FLOOR / 1.6, 1.3)
    marks = (_FLOOR, 1e-4, 1e-2, 1e-1, 1.0)
    below.set_yticks(marks, ["none", "0.01 %", "1 %", "10 %", "100 %"])
    below.minorticks_off()
    below.set_xlim(above.get_xlim())
    above.set_title("Consumed, records/s (dotted: all that is offered)" if not sheet.narrow else "Consumed, records/s")
    below.set_title("Lost, share of the drops offered")
    below.set_xlabel("offered load, drops/s")
    label_ends(sheet, above, ends)
