"""Every number that was measured: a line a metric, by the names of docs/metrics.md, pass by pass."""

import statistics
from collections.abc import Iterable, Sequence

from results.brief import Names
from results.metrics import IN_PASSES, named
from results.reports.document import Line, Part, Quiet, Table, cells, titled
from results.reports.names import brief_rows
from results.reports.sessions import marked
from results.scorecard.rows import Row, rows
from results.trial import Trial


def details(trials: Iterable[Trial]) -> tuple[Part, ...]:
    """Show the median of each metric over the valid trials of one pass; then what is absent, and why."""
    listed = list(trials)
    found, _ = brief_rows(rows(listed), (), Names(trial.setting.mode for trial in listed))
    groups: list[tuple[str, list[list[Trial]]]]
    groups = [(pass_, [of_pass(row.trials, pass_) for row in found]) for pass_ in IN_PASSES]
    groups += [("drain" if pass_ == "timed" else f"drain, {pass_}", [of_pass(row.drains, pass_) for row in found])
               for pass_ in IN_PASSES]  # fmt: skip
    parts: list[Part] = []
    for title, chosen in groups:
        filled = [(row.label, listed) for row, listed in zip(found, chosen, strict=True) if listed]
        parts += [(), _table(title, filled)] if filled else []
    reasons = _absent(found)
    said = [(Quiet(f"absent: {', '.join(names)}: {reason}"),) for reason, names in reasons.items()]
    return (*parts, *([()] if said else []), *said)


def _table(title: str, filled: Sequence[tuple[str, list[Trial]]]) -> Table:
    names = dict.fromkeys(name for _, trials in filled for trial in trials for name in trial.metrics)
    lines = tuple(Line(name, cells(*(_said(trials, name) for _, trials in filled))) for name in names)
    return Table(title, titled(*(label for label, _ in filled)), lines, narrow="split")


def _said(trials: Sequence[Trial], name: str) -> str:
    doubtful = named(name).timing and any(trial.disturbed for trial in trials if name in trial.metrics)
    return marked(median_text(trials, name), doubtful)


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
