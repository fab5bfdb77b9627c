"""Every number that was measured, on a terminal: a line a metric, by the names of docs/metrics.md, pass by pass."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from results.metrics import named
from results.reports.forms.terminal import Console
from results.scorecard.rows import Row, rows
from results.trial import Trial

_PASSES = ("timed", "latency", "kernel", "allocation")
_NAME_WIDTH, _CELL_WIDTH = 28, 14


def print_details(trials: Iterable[Trial], console: Console) -> None:
    """Print the median of each metric over the valid trials of one pass; then what is absent, and why."""
    found = rows(trials)
    groups = [(pass_, [of_pass(row.trials, pass_) for row in found]) for pass_ in _PASSES]
    groups += [("drain" if pass_ == "timed" else f"drain, {pass_}", [of_pass(row.drains, pass_) for row in found])
               for pass_ in _PASSES]  # fmt: skip
    for title, chosen in groups:
        filled = [(row.label, listed) for row, listed in zip(found, chosen, strict=True) if listed]
        fit = max(1, (console.width - _NAME_WIDTH) // _CELL_WIDTH)
        for first in range(0, len(filled), fit):
            console.print()
            console.print(_table(title, filled[first : first + fit]))
    reasons = _absent(found)
    if reasons:
        console.print()
    for reason, names in reasons.items():
        console.print(Text(f"absent: {', '.join(names)}: {reason}", style="dim"))


def _table(title: str, filled: Sequence[tuple[str, list[Trial]]]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column(title, no_wrap=True)
    for label, _ in filled:
        table.add_column(label, justify="right")
    for name in dict.fromkeys(name for _, trials in filled for trial in trials for name in trial.metrics):
        table.add_row(name, *(median_text(trials, name) for _, trials in filled))
    return table


def median_text(trials: Iterable[Trial], name: str) -> str:
    """Write the median of a metric over trials of one pass; a dash where none of them has it."""
    values = [trial.metrics[name] for trial in trials if name in trial.metrics]
    return named(name).write(statistics.median(values)) if values else "–"


def of_pass(trials: Iterable[Trial], pass_: str) -> list[Trial]:
    """Keep the valid trials of a pass."""
    return [trial for trial in trials if trial.valid and trial.setting.pass_ == pass_]


def _absent(found: Iterable[Row]) -> dict[str, list[str]]:
    """Gather what is absent by the reason, each name once."""
    reasons: dict[str, dict[str, None]] = {}
    for row in found:
        for trial in (*row.trials, *row.drains):
            for name, reason in trial.absent.items():
                reasons.setdefault(reason, {})[name] = None
    return {reason: list(names) for reason, names in reasons.items()}
