"""A report on a terminal: the answer in words, then the scorecard, after a search with a small plot of the losses."""

from __future__ import annotations

import math

from rich.table import Table
from rich.text import Text

from results import units
from results.column import LOSS_RATIO
from results.console import Console
from results.report import Report
from results.scorecard import Row
from results.terminal import bare_table, print_disturbance, print_doubts, print_scorecard, print_sentence
from results.variant import offered, searched

_HEIGHTS = "▁▂▃▄▅▆▇█"


def print_report(report: Report, console: Console) -> None:
    """Print the headline, the scorecard, and what is in doubt."""
    for number, sentence in enumerate(report.headline):
        print_sentence(sentence, console, style="bold" if number == 0 else "")
    console.print()
    if not searched(report.variants):
        print_scorecard(list(report.rows), report.trials, console)
        return
    console.print(_scorecard(report))
    console.print()
    console.print(_losses(report))
    console.print()
    print_doubts(list(report.rows), console)
    print_disturbance(report.trials, console)


def _scorecard(report: Report) -> Table:
    table = bare_table()
    for heading in report.summary.headings:
        table.add_column(heading.title, justify="right")
    for line in report.summary.lines:
        table.add_row(Text(line.label, style="bold"), *(cell.text if cell else "–" for cell in line.cells))
    return table


def _losses(report: Report) -> Table:
    """Plot the loss of each variant over the loads: a dot is none, a block's height the logarithm of the share."""
    table = bare_table("loss over load")
    for title in ("from", "", "to"):
        table.add_column(title, justify="left" if title == "" else "right", no_wrap=True)
    for variant in report.variants:
        if rows := sorted(variant.paced_rows, key=offered):
            plot = Text("".join(_height(row) for row in rows), style="red")
            ends = (units.quantity(offered(rows[0])), plot, units.quantity(offered(rows[-1])))
            table.add_row(Text(variant.label, style="bold"), *ends)
    return table


def _height(row: Row) -> str:
    found = row.spread(LOSS_RATIO)
    if found is None or not found.median:
        return "·"
    # From a drop in a million, the lowest block, to all of them, the full one.
    return _HEIGHTS[round((1 + max(math.log10(found.median), -6.0) / 6) * (len(_HEIGHTS) - 1))]
