"""A comparison in words and rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from results.brief import Names
from results.compare import ENOUGH, Compared, Judged, Verdict
from results.metrics import LOSS_RATIO
from results.reports.document import (
    Bad,
    Cell,
    Document,
    Doubt,
    Drawing,
    Facts,
    Good,
    Heading,
    Line,
    Name,
    Part,
    Quiet,
    Section,
    Sentence,
    Strong,
    Table,
    cells,
    titled,
)
from results.reports.loss import with_worst
from results.reports.names import key_to
from results.reports.sessions import commands_of, disturbed, machine, marked

_ORDER: tuple[Verdict, ...] = ("worse", "better", "undecided", "same")
_LISTED = 4
_TONES: dict[Verdict, type[str]] = {"worse": Bad, "better": Good, "same": str, "undecided": Quiet}


def compare_document(compared: Compared) -> Document:
    """Say what changed, then show all numbers, what changed first."""
    compared, names = _briefly(compared)
    said, table, worth = tuple(_headline(compared)), _table(compared), (Quiet(_weakness(compared)),)
    unlike = (*compared.differences, *compared.contents)
    differ = Facts(tuple((each.fact, " / ".join(dict.fromkeys(each.values))) for each in unlike))
    sides: Sentence = (
        Quiet("A is "), Name(compared.name_a), ", B is ", Name(compared.name_b), "; medians.",
    )  # fmt: skip
    only = tuple(
        (Quiet(f"Only in {side}: {', '.join(labels)}."),)
        for side, labels in (("A", compared.only_a), ("B", compared.only_b))
        if labels
    )
    method: tuple[Part, ...] = commands_of(compared.sessions)
    noise = disturbed(compared.trials)
    return Document(
        said,
        (table, *key_to(names), worth, *noise, differ),
        screen=((), table, *key_to(names), worth, *noise),
        sections=(
            Section("forest", "Ratios against the margin", (Drawing("forest", compared),)),
            Section("numbers", "All numbers", (sides, worth, table, *key_to(names), *noise, *only)),
            *machine(compared.sessions, unlike),
            *((Section("method", "Method", method),) if method else ()),
        ),
        name="bench compare",
        problems=compared.problems,
    )


def _briefly(compared: Compared) -> tuple[Compared, Names]:
    """Name what was compared briefly."""
    names = Names({*compared.modes})
    brief = names.brief
    return replace(
        compared,
        name_a=brief(compared.name_a),
        name_b=brief(compared.name_b),
        judged=tuple(replace(each, label=brief(each.label)) for each in compared.judged),
        only_a=tuple(map(brief, compared.only_a)),
        only_b=tuple(map(brief, compared.only_b)),
    ), names


def _headline(compared: Compared) -> list[Sentence]:
    """Say first what is beyond its margin, then what is not."""
    counts = Counter(each.verdict for each in compared.judged)
    names: Sentence = (Name(compared.name_b), " against ", Name(compared.name_a), ": ")
    said: list[Sentence] = []
    if not counts["worse"] and not counts["better"]:
        nothing = "no number is beyond its margin." if counts["same"] else "nothing can be said yet."
        said.append((*names, nothing))
    for verdict in ("worse", "better"):
        if found := [each for each in compared.judged if each.verdict == verdict]:
            lead = names if not said else ()
            count = f"{len(found)} of {len(compared.judged)} numbers {verdict} beyond the margin: "
            said.append((*lead, count, *_list(found)))
    undecided = f"{counts['undecided']} are undecided: too much noise, or too few trials (at least four per side)"
    said.append((f"{counts['same']} are the same within their margin; {undecided}.",))
    if compared.withheld:
        titles = ", ".join(column.title for column in compared.withheld)
        said.append((Doubt(f"Left out: {titles}, which the Pythons of A and B count differently (docs/metrics.md)."),))
    if compared.unlike:
        facts = ", ".join(each.fact for each in compared.unlike)
        said.append((Doubt(f"Not comparable: {facts} differ. Shown because --anyway was given."),))
    return said


def _weakness(compared: Compared) -> str:
    """Say what the intervals are worth and rest on."""
    shifts = [each.shift for each in compared.judged if each.shift]
    if not shifts:
        return "There is no ratio: a value is 0, or a side has no number."
    least = min(shift.confidence for shift in shifts)
    worth = "95 %, so one in twenty misses by chance"
    if least < ENOUGH:
        worth = f"{least * 100:.3g} % at least, because of too few trials; below 95 % nothing is decided"
    if all(shift.paired for shift in shifts):
        return f"Intervals ({worth}) are those of the signed-rank test over blocks that ran both sides."
    return (
        f"Intervals ({worth}) are those of the rank-sum test. The two sides ran at different times, so a drift of the "
        "machine between them is in every number; only interleaved blocks (bench check) rule that out."
    )


def _list(found: Sequence[Judged]) -> list[str]:
    said: list[str] = []
    for place, each in enumerate(found[:_LISTED]):
        said += ["; " if place else "", Name(each.label), f" {each.column.title} {_change(each)}"]
    more = len(found) - _LISTED
    return [*said, f"; and {more} more." if more > 0 else "."]


def _table(compared: Compared) -> Table:
    ranked = sorted(compared.judged, key=lambda each: _ORDER.index(each.verdict))
    headings = titled("metric", "A", "B", "B relative to A", "interval", "margin", words=("metric",))
    return Table(
        "variant", (*headings, Heading("verdict", "verdict", words=True)), tuple(map(_line, ranked)), narrow="words"
    )


def _line(judged: Judged) -> Line:
    shift, write, title = judged.shift, judged.column.write, judged.column.title
    ratio = shift is not None and shift.scale == "ratio"
    interval = interval_of(shift.low, shift.high, ratio) if shift else "–"
    margin = f"{judged.margin * 100:.3g} %" if ratio or shift is None else f"{judged.margin * 100:.3g} points"
    medians = zip((judged.a, judged.b), judged.doubtful, strict=True)
    lossy = judged.column is LOSS_RATIO
    (a, b), change = (
        (marked(with_worst(side.values) if lossy else write(side.median), doubtful) for side, doubtful in medians),
        _change(judged),
    )
    verdict = _TONES[judged.verdict](judged.verdict)
    # Two lines that can be read, where names are long, as of mode files, or the terminal is narrow.
    numbers = f"A {a}, B {b}, B relative to A {change} [{interval}], margin {margin}"
    verdict_first = _TONES[judged.verdict](f"{judged.verdict:<10} ")
    says = (verdict_first, Strong(judged.label), f" {title}", "\n", f"{'':<11}{numbers}")
    return Line(judged.label, (*cells(title, a, b, change, interval, margin), Cell(verdict)), says=says)


def _change(judged: Judged) -> str:
    """Write how B differs from A."""
    if judged.shift is None:
        return "–"
    return marked(amount(judged.shift.estimate, judged.shift.scale == "ratio"), any(judged.doubtful))


def interval_of(low: float, high: float, ratio: bool) -> str:
    """Write between which changes one lies."""
    return f"{amount(low, ratio)} to {amount(high, ratio)}"


def amount(value: float, ratio: bool) -> str:
    """Write a change: a ratio, or a difference of shares."""
    if not ratio:
        return f"{value * 100:+.3g} points" if value else "0"
    if value >= 10:
        return f"×{value:.3g}"
    percent = (value - 1) * 100
    return f"{percent:+.3g} %" if abs(percent) >= 0.005 else "0"
