"""When drops were lost, and whether the garbage collector paused then: a strip for each variant that lost some."""

from collections.abc import Sequence

from results import units
from results.reports.forms.page.figure import LOSS, MUTED, Drawn, Sheet, drawn
from results.scorecard.report import Report
from results.scorecard.variants import Variant
from results.series import Moment, long_pauses, losses, timeline
from results.trial import Trial

_STRIPS = 6


def draw(report: Report) -> Drawn | None:
    """Draw the trial that lost most of each variant, the worst first; None when none that lost has a timeline."""
    strips = []
    for variant in report.variants:
        row = max(variant.rows, key=lambda row: sum(trial.ledger.lost or 0 for trial in row.timed))
        worst = max(row.timed, key=lambda trial: trial.ledger.lost or 0, default=None)
        if worst and worst.ledger.lost and (moments := timeline(worst)):
            strips.append((variant, worst, moments))
    strips.sort(key=lambda strip: -(strip[1].ledger.lost or 0))
    if not strips:
        return None
    strips = strips[:_STRIPS]
    says = "Drops lost over the time of a trial, for " + ", ".join(variant.label for variant, _, _ in strips)
    return drawn("timeline", says, lambda sheet: _plot(sheet, strips), panels=len(strips), height=130)


def _plot(sheet: Sheet, strips: Sequence[tuple[Variant, Trial, list[Moment]]]) -> None:
    fitted = sheet.fitted([variant.label for variant, _, _ in strips])
    for axes, (variant, trial, moments) in zip(sheet.axes, strips, strict=True):
        spans = losses(trial) or _by_row(moments)
        rates = [lost / (until - since) for since, until, lost in spans]
        for since, length in long_pauses(trial):
            axes.axvspan(since, since + length, color=MUTED, alpha=0.35, linewidth=0.8)
        lows, widths = [since for since, _, _ in spans], [until - since for since, until, _ in spans]
        axes.bar(lows, rates, widths, align="edge", color=LOSS, linewidth=0)
        axes.set_xlim(0, moments[-1].t_s)
        axes.set_ylim(0, max(rates) * 1.15 or 1)
        axes.locator_params(axis="y", nbins=3)
        axes.yaxis.set_major_formatter(lambda value, _place: units.quantity(value))
        axes.set_title(f"{fitted[variant.label]}, trial {trial.number}: {units.count(trial.ledger.lost or 0)} lost")
        axes.set_ylabel("lost/s")
    sheet.axes[-1].set_xlabel("seconds since the trial began (grey: pauses of the garbage collector)"
                              if not sheet.narrow else "seconds (grey: collector's pauses)")  # fmt: skip


def _by_row(moments: Sequence[Moment]) -> list[tuple[float, float, float]]:
    """Place losses by the rows of the timeline, where a file of before has nothing finer."""
    starts = [0.0, *(moment.t_s for moment in moments[:-1])]
    return [(start, moment.t_s, moment.lost) for start, moment in zip(starts, moments, strict=True)]
