"""A report on a terminal: the answer in words, then the scorecard, after a search with a small plot of the losses."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from results import units
from results.column import LOSS_RATIO
from results.headline import Name
from results.report import Report
from results.scorecard import Row
from results.terminal import bare_table, print_doubts, print_run
from results.variant import Variant, searched

_HEIGHTS = "▁▂▃▄▅▆▇█"


def print_report(report: Report, console: Console) -> None:
    """Print the headline, the scorecard, and what is in doubt."""
    for number, sentence in enumerate(report.headline):
        text = Text(style="bold" if number == 0 else "")
        for part in sentence:
            text.append(part, style="cyan" if isinstance(part, Name) else "")
        console.print(text)
    console.print()
    if not searched(report.variants):
        print_run(report.trials, console)
        return
    console.print(_scorecard(report))
    console.print()
    console.print(_losses(report))
    console.print()
    print_doubts(list(report.rows), console)


def _scorecard(report: Report) -> Table:
    table = bare_table()
    for heading in report.summary.headings:
        table.add_column(heading.title, justify="right")
    for line in report.summary.lines:
        table.add_row(Text(line.label, style="bold"), *(cell.text if cell else "–" for cell in line.cells))
    return table


def _losses(report: Report) -> Table:
    """Plot the loss of each variant over the loads: a dot is none, a block's height the logarithm of the share."""
    table = bare_table("lost at")
    loads = sorted({load for v in report.variants for row in v.paced_rows if (load := row.setting.intended_load)})
    for load in loads:
        table.add_column(units.quantity(load), justify="right", no_wrap=True)
    for variant in report.variants:
        if variant.paced_rows:
            table.add_row(Text(variant.label, style="bold"), *(_loss(variant, load) for load in loads))
    return table


def _loss(variant: Variant, load: float) -> Text:
    row: Row | None = variant.at(load)
    found = row.spread(LOSS_RATIO) if row else None
    if found is None:
        return Text("")
    if not found.median:
        return Text("·", style="dim")
    # From a drop in a million, the lowest block, to all of them, the full one.
    height = round((1 + max(math.log10(found.median), -6.0) / 6) * (len(_HEIGHTS) - 1))
    return Text(f"{_HEIGHTS[height]} {units.percent(float(f'{found.median:.2g}'))}", style="red")
