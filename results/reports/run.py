"""The scorecard on a terminal: plain where there is no terminal or NO_COLOR is set (rich sees to both)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from results import units
from results.disturbance import disturbance, sentences
from results.metrics import CONSUME_RATE, LOSS_RATIO, LOST, OFFERED_LOAD, SCORECARD, Metric
from results.reports.forms.terminal import Console
from results.reports.headline import Name, Sentence, headline
from results.scorecard.report import Report
from results.scorecard.rows import COUNTS, DISTURBED, Doubt, Row, rows, total
from results.scorecard.variants import offered, searched, variants
from results.shown import shown
from results.trial import Trial

_EIGHTHS = " ▏▎▍▌▋▊▉"
_OUTCOME = (CONSUME_RATE, OFFERED_LOAD, LOST, LOSS_RATIO)
_COST = tuple(column for column in SCORECARD if column not in _OUTCOME)

# Stands before a timing that was taken while the machine was not quiet.
_DOUBTFUL = "~"

# Below this many columns neither spreads nor the table of ledgers fit.
_WIDE = 100


def print_run(trials: Iterable[Trial], console: Console) -> None:
    """Print the answer in a sentence, then the scorecard."""
    listed = list(trials)
    found = rows(listed)
    for sentence in headline(variants(found))[:1]:
        print_sentence(sentence, console, style="bold")
        console.print()
    print_scorecard(found, listed, console)


def print_sentence(sentence: Sentence, console: Console, style: str = "") -> None:
    text = Text(style=style)
    for part in sentence:
        text.append(part, style="cyan" if isinstance(part, Name) else "")
    console.print(text)


def print_scorecard(found: list[Row], trials: Sequence[Trial], console: Console) -> None:
    """Print what became of the drops, what that cost, the ledgers, and every invalid trial with its reasons."""
    if not found:
        console.print("no trials")
        return
    wide = console.width >= _WIDE
    console.print(_outcome(found, wide=wide))
    if any(row.spread(column) for row in found for column in _COST):
        console.print()
        console.print(_cost(found, spreads=wide))
    console.print()
    _print_ledgers(found, console, wide=wide)
    print_doubts(found, console)
    print_disturbance(trials, console)


def print_disturbance(trials: Sequence[Trial], console: Console) -> None:
    if found := disturbance(trials):
        for sentence in sentences(found, f" (marked {_DOUBTFUL})"):
            console.print(Text(sentence, style="yellow"))


def _outcome(found: list[Row], *, wide: bool) -> Table:
    table = bare_table()
    for title in ("consumed", "", "offered", "lost"):
        table.add_column(title, justify="right" if title else "left", no_wrap=True)
    table.add_column("limited by", no_wrap=True)
    table.add_column("trials", justify="right", no_wrap=True)
    fastest = max((rate.median for row in found if (rate := row.spread(CONSUME_RATE))), default=0.0)
    for row in found:
        rate = row.spread(CONSUME_RATE)
        table.add_row(
            Text(row.label, style="bold"),
            _cell(row, CONSUME_RATE, spreads=False),
            Text(_bar(rate.median / fastest, 12 if wide else 6) if rate and fastest else "", style="cyan"),
            _cell(row, OFFERED_LOAD, spreads=False),
            _lost(row),
            Text(row.limited_by),
            _trials(row),
        )
    return table


def _cost(found: list[Row], *, spreads: bool) -> Table:
    columns = [column for column in _COST if any(row.spread(column) for row in found)]
    table = bare_table()
    for column in columns:
        table.add_column(column.title, justify="right", no_wrap=True)
    for row in found:
        table.add_row(Text(row.label, style="bold"), *(_cell(row, column, spreads=spreads) for column in columns))
    return table


def _cell(row: Row, column: Metric, *, spreads: bool) -> Text:
    """Write the median, and beside it how far the interval reaches from it."""
    found = row.spread(column)
    if found is None:
        return Text("–", style="dim")
    cell = Text(f"{_DOUBTFUL if row.disturbed(column) else ''}{column.write(found.median)}")
    if spreads and len(found.values) > 1 and found.median:
        reach = max(found.high - found.median, found.median - found.low) / found.median
        cell.append(f" ±{reach * 100:.0f}%", style="dim")
    return cell


def _lost(row: Row) -> Text:
    """Write the median loss, and the worst trial's where the median would hide it."""
    lost, ratio = row.spread(LOST), row.spread(LOSS_RATIO)
    if lost is None or ratio is None:
        return Text("–", style="dim")
    if not any(lost.values):
        return Text("0")
    if lost.median:
        return Text(f"{LOST.write(lost.median)} {LOSS_RATIO.write(ratio.median)}", style="red")
    return Text(f"0, worst {LOST.write(max(lost.values))} {LOSS_RATIO.write(max(ratio.values))}", style="red")


def _trials(row: Row) -> Text:
    if row.invalid:
        return Text(f"{row.repeated}, {len(row.invalid)} invalid", style="red")
    return Text(f"{row.repeated}, {row.disturbed_trials} disturbed" if row.disturbed_trials else str(row.repeated))


def _print_ledgers(found: list[Row], console: Console, *, wide: bool) -> None:
    """Print the counts of each row, its valid trials of one pass added up; counts that are 0 everywhere come once."""
    totals = {row.label: total(row.timed or tuple(trial for trial in row.drains if trial.valid)) for row in found}
    names = [name for name in COUNTS if any(name in counts for counts in totals.values())]
    zero = [name for name in names if not any(counts.get(name) for counts in totals.values())]
    table = bare_table("ledger")
    shown = [name for name in names if name not in zero]
    for name in shown:
        table.add_column(name, justify="right", overflow="fold")
    for label, counts in totals.items():
        table.add_row(
            Text(label, style="bold"), *(units.count(counts[name]) if name in counts else "–" for name in shown)
        )
    if wide:
        console.print(table)
    else:
        for label, counts in totals.items():
            said = ", ".join(f"{name} {units.count(counts[name])}" for name in shown if name in counts)
            console.print(Text(f"ledger {label}: {said}"))
    if zero:
        console.print(Text(f"0 in every trial: {', '.join(zero)}", style="dim"))


def print_doubts(found: list[Row], console: Console) -> None:
    for row in found:
        for trial in row.invalid:
            reasons = shown("; ".join(trial.invalid_because))
            console.print(Text(f"invalid: {row.label}, trial {trial.number}: {reasons}", style="red"))
    for doubt, labels in _shared_doubts(found).items():
        if doubt.always and doubt.touches:
            titles = ", ".join(column.title for column in doubt.touches)
            console.print(Text(f"{titles}: {doubt.text}", style="dim"))
        else:
            console.print(Text(f"warning: {_brief(labels)}: {doubt.text}", style="yellow"))


def _brief(labels: list[str]) -> str:
    shown, more = ", ".join(labels[:4]), len(labels) - 4
    return f"{shown} and {more} more" if more > 0 else shown


def _shared_doubts(found: list[Row]) -> dict[Doubt, list[str]]:
    """Gather the rows that share a warning, so that each is read once."""
    shared: dict[Doubt, list[str]] = {}
    for row in found:
        for doubt in row.doubts:
            if doubt.text == DISTURBED:  # marked where it is, and said once of all (print_disturbance)
                continue
            shared.setdefault(doubt, []).append(row.label)
    return shared


def _bar(share: float, width: int) -> str:
    full, part = divmod(round(max(0.0, min(1.0, share)) * width * 8), 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(width)


def bare_table(heading: str = "mode") -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column(heading, no_wrap=True)
    return table


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
