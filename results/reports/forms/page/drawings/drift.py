"""Every trial in the order in which it ran: what moves all variants together is the machine, not the variants."""

import statistics
from collections.abc import Sequence
from functools import partial

from results.metrics import CONSUME_RATE, CPU_PER_EVENT, NS_PER_EVENT, Metric
from results.reports.forms.page.figure import MUTED, Drawn, Sheet, drawn, look
from results.scorecard.report import Report
from results.scorecard.variants import Variant
from results.trial import Trial

# A trial, its value, and that value relative to the median of its row.
_Dot = tuple[Trial, float, float]

_ENOUGH = 4  # trials in all, below which an order shows nothing
_MOST = 2_000  # dots in all; of more trials, each dot is the middle one of several that ran after each other


def draw(report: Report) -> Drawn | None:
    """Draw each valid trial relative to the median of its own row; None when there are too few."""
    for column in (CPU_PER_EVENT, NS_PER_EVENT, CONSUME_RATE):
        dots = [(variant, found) for variant in report.variants if (found := _dots(variant, column))]
        if (count := sum(len(found) for _, found in dots)) >= _ENOUGH:
            says = f"{column.title} of each trial relative to its variant's median, in the order they ran"
            every = -(-count // _MOST)
            shown = [(variant, _middles(found, every)) for variant, found in dots]
            return drawn("drift", says, partial(_plot, column, shown, every), height=270)
    return None


def _dots(variant: Variant, column: Metric) -> list[_Dot]:
    dots: list[_Dot] = []
    for row in variant.rows:
        pool = row.drains if column is NS_PER_EVENT else row.timed
        valid = [trial for trial in pool if trial.valid]
        values = [(trial, value) for trial, value in zip(valid, column.values(valid), strict=True) if value]
        if len(values) > 1:
            middle = statistics.median(value for _, value in values)
            dots += [(trial, value, value / middle) for trial, value in values]
    return dots


def _middles(dots: Sequence[_Dot], every: int) -> list[_Dot]:
    """Choose of each `every` dots that follow each other the one with the middle value."""
    ordered = sorted(dots, key=lambda dot: _when(dot[0]))
    groups = [ordered[start : start + every] for start in range(0, len(ordered), every)]
    return [sorted(group, key=lambda dot: dot[1])[len(group) // 2] for group in groups]


def _plot(column: Metric, dots: Sequence[tuple[Variant, list[_Dot]]], every: int, sheet: Sheet) -> None:
    (axes,) = sheet.axes
    axes.axhline(1, color=MUTED, linewidth=1)
    moments = sorted({_when(trial) for _, found in dots for trial, _, _ in found})
    order = {moment: place for place, moment in enumerate(moments, start=1)}
    fitted = sheet.fitted([variant.label for variant, _ in dots])
    for variant, found in dots:
        said = [f"{variant.label}, trial {trial.number}: {column.write(value)}" for trial, value, _ in found]
        axes.plot(
            [order[_when(trial)] for trial, _, _ in found], [share for _, _, share in found],
            label=fitted[variant.label], gid=sheet.mark(variant.key, said, variant.label),
            **{**look(variant.colour, variant.style), "linestyle": ""},
        )  # fmt: skip
    shares = [share for _, found in dots for _, _, share in found]
    low, high = min([*shares, 0.95]), max([*shares, 1.05])
    axes.set_ylim(low - (high - low) * 0.07, high + (high - low) * 0.07)
    axes.yaxis.set_major_formatter(lambda value, _place: f"{(value - 1) * 100:+.3g} %" if round(value, 6) != 1 else "0")
    axes.set_title(f"{column.title}, against the median of the variant")
    axes.set_xlabel(
        "trials in the order they ran" if every == 1 else f"trials as they ran, the middle one of every {every}"
    )
    sheet.legend("outside lower left")


def _when(trial: Trial) -> tuple[str, str, int]:
    return trial.started_at, trial.session, trial.number
