"""What the host and other processes took of the CPUs, trial by trial: drawn where it was more than the limits allow."""

from functools import partial

from results import units
from results.disturbance import Disturbance, disturbance
from results.reports.forms.page.figure import Drawn, Sheet, drawn, series_colour
from results.scorecard.report import Report


def draw(report: Report) -> Drawn | None:
    """Draw a bar per trial, both shares one on the other; None where the machine was quiet."""
    found = disturbance(report.trials)
    if found is None:
        return None
    says = "Share of the CPUs in use that the host and other processes took, trial by trial"
    return drawn("others", says, partial(_plot, found), height=200)


def _plot(found: Disturbance, sheet: Sheet) -> None:
    (axes,) = sheet.axes
    places = range(1, len(found.trials) + 1)
    below = [0.0] * len(found.trials)
    for index, share in enumerate(found.shares):
        heights = [value or 0.0 for value in share.values]
        axes.bar(places, heights, bottom=below, width=0.8, color=series_colour(2 * index), label=share.who)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_ylim(0, max(0.1, *below) * 1.05)
    axes.yaxis.set_major_formatter(lambda value, _place: units.percent(value))
    axes.set_xlabel("trials in the order they ran")
    sheet.legend("outside lower left")
