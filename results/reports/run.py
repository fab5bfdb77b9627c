"""What trials say as a run prints them: what became of the drops, what that cost, the ledgers, and what is in doubt."""

from collections.abc import Iterable, Mapping, Sequence

from results import units
from results.brief import Names
from results.metrics import (
    CONSUME_RATE,
    EMIT_PER_EVENT,
    LOSS_RATIO,
    LOST,
    OFFERED_LOAD,
    PROGRAM_PER_EVENT,
    SCORECARD,
    Metric,
)
from results.reports.document import (
    Bad,
    Cell,
    Document,
    Doubt,
    Good,
    Heading,
    Line,
    Part,
    Quiet,
    Sentence,
    Table,
    titled,
)
from results.reports.headline import headline
from results.reports.loss import with_worst
from results.reports.names import brief_rows, key_to
from results.reports.pauses import pauses
from results.reports.sessions import disturbed, marked
from results.scorecard.rows import COUNTS, DISTURBED, Row, rows, total, total_by_cpu
from results.scorecard.rows import Doubt as RowDoubt
from results.scorecard.variants import variants
from results.series import cpus
from results.shown import shown
from results.trial import Trial

_OUTCOME = (CONSUME_RATE, OFFERED_LOAD, LOST, LOSS_RATIO)
# What an event cost the kernel, where it was measured, and what it cost the consumer.
_COST = (PROGRAM_PER_EVENT, EMIT_PER_EVENT, *(column for column in SCORECARD if column not in _OUTCOME))
_LONG = 12  # lines of a ledger that are read; more are looked up


def run_document(trials: Iterable[Trial]) -> Document:
    """Say the answer in a sentence, then the scorecard."""
    listed = list(trials)
    made, names = rows(listed), Names(trial.setting.mode for trial in listed)
    found, told = brief_rows(made, variants(made), names)
    return Document(tuple(headline(told)[:1]), ((), *scorecard(found, listed), *key_to(names)))


def scorecard(found: Sequence[Row], trials: Sequence[Trial]) -> tuple[Part, ...]:
    """Say what became of the drops, what that cost, the ledgers, and every invalid trial with its reasons."""
    if not found:
        return (("no trials",),)
    costs = [column for column in _COST if any(row.spread(column) for row in found)]
    cost = Table(
        "mode",
        tuple(Heading(column.title) for column in costs),
        tuple(Line(row.label, tuple(_cell(row, column) for column in costs)) for row in found),
        narrow="words",
    )
    return (
        _outcome(found), (), *((cost, ()) if costs else ()), *_balance(found), *_apart(pauses(found)), *doubts(found),
        *disturbed(trials),
    )  # fmt: skip


def _apart(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return ((), *parts, ()) if parts else ()


def _outcome(found: Sequence[Row]) -> Table:
    fastest = max((rate.median for row in found if (rate := row.spread(CONSUME_RATE))), default=0.0)
    lines = []
    for row in found:
        rate = row.spread(CONSUME_RATE)
        bar = Cell("", share=rate.median / fastest) if rate and fastest else None
        lost, limit, trials = _lost(row), Cell(row.limited_by), Cell(_trials(row))
        first = (_cell(row, CONSUME_RATE, spread=False), bar, _cell(row, OFFERED_LOAD, spread=False))
        lines.append(Line(row.label, (*first, lost, limit, trials)))
    titles = ("consumed", "", "offered", "lost", "limited by", "trials")
    return Table("mode", titled(*titles, words=("", "limited by")), tuple(lines), narrow="words")


def _cell(row: Row, column: Metric, *, spread: bool = True) -> Cell | None:
    """Write the median, and beside it how far the interval reaches from it."""
    found = row.spread(column)
    if found is None:
        return None
    text = marked(column.write(found.median), row.disturbed(column))
    if not spread or len(found.values) == 1 or not found.median:
        return Cell(text)
    reach = max(found.high - found.median, found.median - found.low) / found.median
    return Cell(text, f"±{reach * 100:.0f}%")


def _lost(row: Row) -> Cell | None:
    """Write the median loss, and the worst trial's, which the median would hide."""
    lost, ratio = row.spread(LOST), row.spread(LOSS_RATIO)
    if lost is None or ratio is None:
        return None
    if not any(lost.values):
        return Cell("0")
    if lost.median:
        return Cell(Bad(f"{LOST.write(lost.median)} {with_worst(ratio.values)}"))
    return Cell(Bad(f"0, worst {LOST.write(max(lost.values))} {LOSS_RATIO.write(max(ratio.values))}"))


def _trials(row: Row) -> str:
    if row.invalid:
        return Bad(f"{row.repeated}, {len(row.invalid)} invalid")
    return f"{row.repeated}, {row.disturbed_trials} disturbed" if row.disturbed_trials else str(row.repeated)


def _balance(found: Sequence[Row]) -> tuple[Part, ...]:
    """Say of the ledgers that all is well, where it is; else show them."""
    counted = {row.label: row.timed or tuple(trial for trial in row.drains if trial.valid) for row in found}
    of_losses = [trial for trials in counted.values() for trial in trials]
    every = {id(trial): trial for row in found for trial in (*row.valid, *row.drains)}  # rows may share their drains
    known = not any(row.invalid or row.black_box for row in found)
    if not of_losses or not known or any(map(_lost_some, of_losses)):
        return (*ledger("ledger", {label: total(trials) for label, trials in counted.items()}), *cpu_ledger(counted))
    whose = f"every ledger of {len(every)} trials" if len(every) > 1 else "the ledger"
    # Probes of other passes slow the consumer: what it loses then is in no number.
    lost_beside = any(map(_lost_some, every.values()))
    none = f"none of the {len(of_losses)} timed ones lost anything" if lost_beside else "nothing was lost"
    apart = sum(1 for trial in every.values() if cpus(trial))
    each = "" if not apart else f", and that of each CPU in {apart}" if len(every) > 1 else ", and that of each CPU"
    return ((Good(f"{whose} balances{each}; {none}"),),)


def cpu_ledger(counted: Mapping[str, Iterable[Trial]]) -> tuple[Part, ...]:
    """Write the counts of each CPU of some rows, where their trials have them."""
    by_cpu = {label: total_by_cpu(trials) for label, trials in counted.items()}
    totals = {f"{label}, CPU {cpu}": counts for label, of_cpus in by_cpu.items() for cpu, counts in of_cpus.items()}
    return ((), *ledger("ledger of each CPU", totals)) if totals else ()


def _lost_some(trial: Trial) -> bool:
    return bool(trial.ledger.lost or trial.ledger.unread)


def ledger(heading: str, totals: dict[str, dict[str, int]]) -> tuple[Part, ...]:
    """Write the counts of each row, its valid trials added up; counts that are 0 everywhere come once."""
    names = [name for name in COUNTS if any(name in counts for counts in totals.values())]
    zero = [name for name in names if not any(counts.get(name) for counts in totals.values())]
    names = [name for name in names if name not in zero]
    lines = tuple(
        Line(label, tuple(Cell(units.count(counts[name])) if name in counts else None for name in names))
        for label, counts in totals.items()
    )
    aside = f"The ledgers of {len(lines)} variants and loads" if len(lines) > _LONG else ""
    said = ((Quiet(f"0 in all of these: {', '.join(zero)}"),),) if zero else ()
    return (Table(heading, titled(*names), lines, narrow="titles", aside=aside), *said)


def doubts(found: Sequence[Row]) -> tuple[Sentence, ...]:
    """Say why trials are invalid, then each warning once, with the rows that share it."""
    said: list[Sentence] = []
    for row in found:
        for trial in row.invalid:
            reasons = shown("; ".join(trial.invalid_because))
            said.append((Bad(f"invalid: {row.label}, trial {trial.number}: {reasons}"),))
    shared: dict[RowDoubt, list[str]] = {}
    for row in found:
        for doubt in row.doubts:
            if doubt.text != DISTURBED:  # marked where it is, and said once of all (disturbed)
                shared.setdefault(doubt, []).append(row.label)
    for doubt, labels in shared.items():
        if doubt.always and doubt.touches:
            said.append((Quiet(f"{', '.join(column.title for column in doubt.touches)}: {doubt.text}"),))
        else:
            said.append((Doubt(f"warning: {_brief(labels)}: {doubt.text}"),))
    return tuple(said)


def _brief(labels: list[str]) -> str:
    said, more = ", ".join(labels[:4]), len(labels) - 4
    return f"{said} and {more} more" if more > 0 else said
