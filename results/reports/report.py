"""What any result files say together: the answer, the scorecard, and on a page all that it rests on."""

import math
from collections.abc import Iterable, Sequence

from results import units
from results.brief import Names
from results.metrics import LOSS_RATIO
from results.reports.document import (
    Bad,
    Cell,
    Code,
    Document,
    Drawing,
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
from results.reports.names import brief_report, key_to
from results.reports.overhead import overhead_parts
from results.reports.pauses import pauses
from results.reports.run import cpu_ledger, doubts, ledger, scorecard
from results.reports.scorecard import Summary, summarise
from results.reports.sessions import commands_of, disturbed, machine
from results.scorecard.report import Report
from results.scorecard.rows import Row, total
from results.scorecard.variants import Variant, offered, searched
from results.series import top_drops
from results.session import Session, session_differences
from results.shown import shown

_TOP = 12  # reasons and functions listed


def report_document(report: Report) -> Document:
    """Say the answer in words; the scorecard, briefly on a screen and in full on a page; and what is in doubt."""
    report, names = brief_report(report)
    summary = summarise(report.variants)
    in_turns = any("overhead" in session.plan for session in report.sessions)
    costs, of_costs = overhead_parts(report.overheads)
    said = (*costs, *(headline(report.variants) if report.rows or not in_turns else ()))
    invalid = tuple(
        ("invalid: ", Name(names.brief(each.setting.mode)), f", trial {each.number}: {'; '.join(each.invalid_because)}")
        for each in report.invalid
    )
    noise, of_losses = disturbed(report.trials), pauses(report.rows)
    commands = "\n".join(dict.fromkeys(shown(session.command) for session in report.sessions))
    return Document(
        said or (("What attaching costs is not known: no session of it was finished.",),),
        (
            *of_costs,
            *((summary.table, *key_to(names)) if summary.lines else ()),
            *of_losses,
            *invalid,
            *noise,
            *((Code(commands, "To repeat it"),) if commands else ()),
        ),
        screen=(
            (),
            *of_costs,
            *((*_screen(report, summary, noise), *key_to(names)) if report.rows or not in_turns else noise),
        ),
        sections=(
            *((Section("overhead", "What attaching costs", (*of_costs, *noise)),) if of_costs else ()),
            *(_of_rows(report, summary, names, noise, of_losses, invalid) if report.rows or not in_turns else ()),
            *machine(report.sessions, session_differences(report.sessions), _findings(report.sessions)),
            Section("method", "Method", ((_method(report),), *commands_of(report.sessions))),
        ),
        problems=report.problems,
        footer=f"{len(report.trials)} trials from {', '.join(map(str, report.paths))}.",
    )


def _of_rows(  # noqa: PLR0917 - all that is said of them
    report: Report,
    summary: Summary,
    names: Names,
    noise: tuple[Part, ...],
    of_losses: tuple[Part, ...],
    invalid: tuple[Sentence, ...],
) -> Iterable[Section]:
    yield Section("scorecard", "Scorecard", (_load_words(summary), summary.table, *key_to(names), *noise))
    yield from _drawings(report, of_losses)
    yield from _ledger_sections(report, invalid)


def _screen(report: Report, summary: Summary, noise: tuple[Part, ...]) -> tuple[Part, ...]:
    if not searched(report.variants):
        return scorecard(report.rows, report.trials)
    lines = tuple(Line(line.label, tuple(cell and Cell(cell.text) for cell in line.cells)) for line in summary.lines)
    brief = Table("mode", summary.headings, lines)
    return (brief, (), _losses(report.variants), (), *doubts(report.rows), *noise)


def _losses(listed: Sequence[Variant]) -> Table:
    """Draw the worst loss of each variant over the loads: a dot is none, a block's height the share's logarithm."""
    lines = []
    for variant in listed:
        if found := sorted(variant.paced_rows, key=offered):
            heights = Cell(Bad(spark(_height(row) for row in found)))
            first, last = (Cell(units.quantity(offered(row))) for row in (found[0], found[-1]))
            lines.append(Line(variant.label, (first, heights, last)))
    return Table("worst loss over load", titled("from", "", "to", words=("",)), tuple(lines))


def _height(row: Row) -> float | None:
    """Place a loss between a drop in a million, the lowest block, and all of them, the full one."""
    found = row.spread(LOSS_RATIO)
    worst = max(found.values) if found else 0.0
    return 1 + max(math.log10(worst), -6.0) / 6 if worst else None


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
    by_cpu = cpu_ledger({row.label: row.valid for row in report.rows})
    yield Section("ledger", "Ledger", (said, *(ledger("mode", totals) if totals else ()), *by_cpu))
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


def _drawings(report: Report, of_losses: tuple[Part, ...]) -> Iterable[Section]:
    """Name all that may be drawn, in the order of the page, each with how to read it; losses with what says more."""
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
            "The trial that lost most, for each variant that lost any; grey where the garbage collector paused.",
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
        more = of_losses if key == "timeline" else ()
        yield Section(key, title, ((Quiet(said),), Drawing(name, report), *more))
