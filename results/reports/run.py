"""What a run, or any result files, say: the scorecard in words and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from results import units
from results.metrics import CONSUME_RATE, LOSS_RATIO, LOST, OFFERED_LOAD, SCORECARD, Metric
from results.reports.document import (
    Bad,
    Cell,
    Code,
    Document,
    Doubt,
    Drawing,
    Heading,
    Line,
    Name,
    Part,
    Quiet,
    Section,
    Sentence,
    Table,
    spark,
    titled,
)
from results.reports.headline import headline
from results.reports.scorecard import Summary, summarise
from results.reports.sessions import commands_of, disturbed, machine, marked
from results.scorecard.report import Report
from results.scorecard.rows import COUNTS, DISTURBED, Row, rows, total
from results.scorecard.rows import Doubt as RowDoubt
from results.scorecard.variants import Variant, offered, searched, variants
from results.series import top_drops
from results.session import Session, session_differences
from results.shown import shown
from results.trial import Trial

_OUTCOME = (CONSUME_RATE, OFFERED_LOAD, LOST, LOSS_RATIO)
_COST = tuple(column for column in SCORECARD if column not in _OUTCOME)
_TOP = 12  # reasons and functions listed
_LONG = 12  # lines of a ledger that are read; more are looked up


def run_document(trials: Iterable[Trial]) -> Document:
    """Say the answer in a sentence, then the scorecard."""
    listed = list(trials)
    found = rows(listed)
    return Document(tuple(headline(variants(found))[:1]), ((), *_scorecard(found, listed)))


def report_document(report: Report) -> Document:
    """Say the answer in words; the scorecard, briefly on a screen and in full on a page; and what is in doubt."""
    summary = summarise(report.variants)
    said = tuple(headline(report.variants))
    invalid = tuple(
        ("invalid: ", Name(trial.setting.mode), f", trial {trial.number}: {'; '.join(trial.invalid_because)}")
        for trial in report.invalid
    )
    noise = disturbed(report.trials)
    commands = "\n".join(dict.fromkeys(shown(session.command) for session in report.sessions))
    return Document(
        said,
        (summary.table, *invalid, *noise, *((Code(commands, "To repeat it"),) if commands else ())),
        screen=((), *_screen(report, summary)),
        sections=(
            Section("scorecard", "Scorecard", (_load_words(summary), summary.table, *noise)),
            *_drawings(report),
            *_ledger_sections(report, invalid),
            *machine(report.sessions, session_differences(report.sessions), _findings(report.sessions)),
            Section("method", "Method", ((_method(report),), *commands_of(report.sessions))),
        ),
        problems=report.problems,
        footer=f"{len(report.trials)} trials from {', '.join(map(str, report.paths))}.",
    )


def _screen(report: Report, summary: Summary) -> tuple[Part, ...]:
    if not searched(report.variants):
        return _scorecard(list(report.rows), report.trials)
    lines = tuple(Line(line.label, tuple(cell and Cell(cell.text) for cell in line.cells)) for line in summary.lines)
    brief = Table("mode", summary.headings, lines)
    return (brief, (), _losses(report.variants), (), *_doubts(report.rows), *disturbed(report.trials))


def _scorecard(found: list[Row], trials: Sequence[Trial]) -> tuple[Part, ...]:
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
    totals = {row.label: total(row.timed or tuple(trial for trial in row.drains if trial.valid)) for row in found}
    return (
        _outcome(found), (), *((cost, ()) if costs else ()), *_ledger("ledger", totals), *_doubts(found),
        *disturbed(trials),
    )  # fmt: skip


def _outcome(found: list[Row]) -> Table:
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
    """Write the median loss, and the worst trial's where the median would hide it."""
    lost, ratio = row.spread(LOST), row.spread(LOSS_RATIO)
    if lost is None or ratio is None:
        return None
    if not any(lost.values):
        return Cell("0")
    if lost.median:
        return Cell(Bad(f"{LOST.write(lost.median)} {LOSS_RATIO.write(ratio.median)}"))
    return Cell(Bad(f"0, worst {LOST.write(max(lost.values))} {LOSS_RATIO.write(max(ratio.values))}"))


def _trials(row: Row) -> str:
    if row.invalid:
        return Bad(f"{row.repeated}, {len(row.invalid)} invalid")
    return f"{row.repeated}, {row.disturbed_trials} disturbed" if row.disturbed_trials else str(row.repeated)


def _ledger(heading: str, totals: dict[str, dict[str, int]]) -> tuple[Part, ...]:
    """Write the counts of each row, its valid trials added up; counts that are 0 everywhere come once."""
    names = [name for name in COUNTS if any(name in counts for counts in totals.values())]
    zero = [name for name in names if not any(counts.get(name) for counts in totals.values())]
    names = [name for name in names if name not in zero]
    lines = tuple(
        Line(label, tuple(Cell(units.count(counts[name])) if name in counts else None for name in names))
        for label, counts in totals.items()
    )
    aside = f"The ledgers of {len(lines)} variants and loads" if len(lines) > _LONG else ""
    said = ((Quiet(f"0 in every trial: {', '.join(zero)}"),),) if zero else ()
    return (Table(heading, titled(*names), lines, narrow="titles", aside=aside), *said)


def _doubts(found: Sequence[Row]) -> tuple[Sentence, ...]:
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


def _losses(listed: Sequence[Variant]) -> Table:
    """Draw the loss of each variant over the loads: a dot is none, a block's height the logarithm of the share."""
    lines = []
    for variant in listed:
        if found := sorted(variant.paced_rows, key=offered):
            heights = Cell(Bad(spark(_height(row) for row in found)))
            first, last = (Cell(units.quantity(offered(row))) for row in (found[0], found[-1]))
            lines.append(Line(variant.label, (first, heights, last)))
    return Table("loss over load", titled("from", "", "to", words=("",)), tuple(lines))


def _height(row: Row) -> float | None:
    """Place a loss between a drop in a million, the lowest block, and all of them, the full one."""
    found = row.spread(LOSS_RATIO)
    return 1 + max(math.log10(found.median), -6.0) / 6 if found and found.median else None


def _load_words(summary: Summary) -> Sentence:
    load = "; each line says which load its numbers were taken at" if summary.loads_differ else ""
    if not load and summary.lines:
        load = f"; load: {summary.lines[0].load}"
    return (Quiet(f"Medians of the valid trials, with intervals below them{load}."),)


def _ledger_sections(report: Report, invalid: tuple[Sentence, ...]) -> Iterable[Section]:
    totals = {row.label: counts for row in report.rows if (counts := total(row.valid or row.drains))}
    said: Sentence = (
        Quiet("Every drop is accounted for, to the event, in each valid trial; these are sums over them."),
    )
    yield Section("ledger", "Ledger", (said, *(_ledger("mode", totals) if totals else ())))
    if invalid:
        yield Section("invalid", "Invalid trials", ((Quiet("Shown here, and in no number above."),), *invalid))
    # What a drain trial consumes are records that the kernel made up.
    drops = top_drops(t for t in report.trials if t.valid and t.setting.trial_kind == "load")[:_TOP]
    lines = tuple(Line(drop.reason, (Cell(Name(drop.function)), Cell(units.count(drop.count)))) for drop in drops)
    if drops:
        table = Table("reason", titled("function", "drops", words=("function",)), lines)
        yield Section("drops", "Reasons and functions", (table,))


def _findings(sessions: Sequence[Session]) -> tuple[Part, ...]:
    found = dict.fromkeys(finding for session in sessions for finding in session.findings)
    return (("What ", Name("bench doctor"), " found:"), *((finding,) for finding in found)) if found else ()


def _method(report: Report) -> str:
    """Say in a few sentences how these trials were taken."""
    kinds = {trial.setting.trial_kind for trial in report.trials}
    traffic = sorted({trial.setting.traffic for trial in report.trials if trial.setting.trial_kind == "load"})
    said = ["Each trial ran a fresh consumer in its own process, and closed its ledger to the event."]
    if "load" in kinds:
        lengths = sorted({t.setting.duration_s for t in report.trials if t.setting.duration_s is not None})
        lasting = " and ".join(f"{length:g} s" for length in lengths[:4])
        said.append(
            f"Load trials ({lasting}) offered {', '.join(traffic)} on a schedule that does not wait for the consumer."
        )
    if "drain" in kinds:
        said.append("Drain trials filled the ring while the consumer was stopped, then timed how it emptied it.")
    said.append(
        "Trials of all variants ran in randomised order. Numbers are medians; passes with other probes are never mixed."
    )
    return " ".join(said)


def _drawings(report: Report) -> Iterable[Section]:
    """Name all that may be drawn, in the order of the page, each with how to read it."""
    for key, name, title, said in (
        (
            "load", "load_curve", "Consumed and lost against offered load",
            "Where a curve leaves the dotted line, the variant no longer keeps up.",
        ),
        (
            "latency", "latency", "Age of events",
            "Each mark to the right is an age that fewer events exceed. Lost drops have none: see the loss.",
        ),
        (
            "cpu", "cpu_split", "Where the CPU time goes",
            "Bars show shares, since the sums at their right differ by orders of magnitude. Softirqs, in which drops "
            "happen and the program runs, are sampled by tick: a share of the CPUs in use, beside the sum.",
        ),
        (
            "timeline", "loss_timeline", "When drops were lost",
            "The trial that lost most, for each variant that lost any.",
        ),
        (
            "others", "others", "What others took of the CPUs",
            "Above the limits a trial is disturbed: its counts are exact, its times and rates are doubtful.",
        ),
        (
            "drift", "drift", "Trials in the order they ran",
            "A slope or a step that all variants share is the machine's drift, not theirs.",
        ),
    ):  # fmt: skip
        yield Section(key, title, ((Quiet(said),), Drawing(name, report)))
