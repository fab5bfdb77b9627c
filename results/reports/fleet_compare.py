"""Two fleets in words and rows: how many hosts say that something changed, and how far they go."""

from collections.abc import Iterator

from results.compare import Judged, Verdict
from results.fleet.compare import FleetCompared, Number
from results.fleet.heat import HeatCell, HeatMap
from results.metrics import SCORECARD
from results.reports.compare import amount, interval_of
from results.reports.document import (
    Bad,
    Cell,
    Document,
    Drawing,
    Good,
    Line,
    Name,
    Part,
    Quiet,
    Section,
    Sentence,
    Strong,
    Table,
    titled,
)
from results.reports.sessions import disturbed

_LISTED = 4
_SAID: tuple[Verdict, ...] = ("worse", "better", "same", "undecided")


def fleet_compare_document(compared: FleetCompared) -> Document:
    """Say what changed on how many hosts, then all numbers, what changed on most hosts first."""
    numbers = sorted(compared.numbers, key=lambda each: (-each.hosts("worse"), -each.hosts("better")))
    headings = titled("metric", *_SAID, "hosts", "B relative to A, middle", "least", "most", words=("metric",))
    table = Table("variant", headings, tuple(map(_line, numbers)), narrow="words")
    worth: Sentence = (
        Quiet(
            "Each host is compared with itself, against the metric's margin. Over hosts the middle one is shown, with "
            "an interval of order statistics, and the least and the most: none is averaged with another. The two "
            "fleets ran at different times, so a drift of a machine between them is in its numbers."
        ),
    )
    noise = disturbed([trial for each in compared.pairs.values() for trial in each.trials])
    left_out: tuple[Part, ...] = tuple(
        (Bad("left out: "), Name(host), f": {because}") for host, because in compared.left_out.items()
    )
    shown = [each for each in numbers if each.column in SCORECARD]
    return Document(
        tuple(_headline(compared, numbers)),
        (table, *left_out, worth, *noise),
        screen=((), table, *left_out, worth, *noise),
        sections=(
            *((Section("heat", "Host by host", (Drawing("heat_map", _heat(compared, shown)),)),) if shown else ()),
            Section("numbers", "All numbers", (worth, table, *left_out, *noise)),
        ),
        name="bench compare",
        problems=compared.problems,
    )


def _headline(compared: FleetCompared, numbers: list[Number]) -> Iterator[Sentence]:
    names: Sentence = (Name(compared.name_b), " against ", Name(compared.name_a))
    hosts = len(compared.pairs)
    yield (*names, f" on {hosts} host{'' if hosts == 1 else 's'}, each with itself.")
    said = False
    for verdict in _SAID[:2]:
        found = [each for each in numbers if each.hosts(verdict)]
        words: list[str] = []
        for each in sorted(found, key=lambda one: -one.hosts(verdict))[:_LISTED]:
            words += ["; " if words else f"{verdict.capitalize()} beyond the margin: ", Name(each.label)]
            words.append(f" {each.column.title} on {each.hosts(verdict)} of {len(each.judged)}")
        if found:
            said = True
            more = len(found) - _LISTED
            yield (*words, f"; and {more} more." if more > 0 else ".")
    if not said:
        same = sum(each.hosts("same") for each in numbers)
        yield ("No number is beyond its margin on any host." if same else "Nothing can be said yet.",)
    for host, unlike in compared.unlike.items():
        facts = ", ".join(each.fact for each in unlike)
        yield (Bad(f"Not comparable: {facts} of "), Name(host), Bad(" differ. Shown because --anyway was given."))


def _line(number: Number) -> Line:
    shifts, ratio = number.shifts, _is_ratio(number)
    counts = [_count(number, verdict) for verdict in _SAID]
    over: tuple[Cell | None, ...] = (None, None, None)
    numbers = ""
    if shifts is not None:
        middle, least, most = (amount(each, ratio) for each in (shifts.median, min(shifts.values), max(shifts.values)))
        worth = "" if not shifts.few else f" ({shifts.confidence * 100:.3g} %)"
        between = f"{interval_of(shifts.low, shifts.high, ratio)}{worth}" if len(shifts.values) > 1 else ""
        over = (Cell(middle, between, shifts.median), Cell(least), Cell(most))
        numbers = f"; B relative to A {middle}, from {least} to {most}"
    hosts = len(number.judged)
    said = ", ".join(f"{verdict} {number.hosts(verdict)}" for verdict in _SAID)
    # Two lines that can be read, where names are long, or the terminal is narrow.
    says = (Strong(number.label), f" {number.column.title}", "\n", f"  of {hosts} hosts: {said}{numbers}")
    return Line(number.label, (Cell(number.column.title), *counts, Cell(str(hosts)), *over), says=says)


def _count(number: Number, verdict: Verdict) -> Cell:
    hosts = number.hosts(verdict)
    tones: dict[Verdict, type[str]] = {"worse": Bad, "better": Good}
    return Cell(tones.get(verdict, str)(hosts) if hosts else "0")


def _is_ratio(number: Number) -> bool:
    return any(each.shift is not None and each.shift.scale == "ratio" for each in number.judged.values())


def _heat(compared: FleetCompared, shown: list[Number]) -> HeatMap:
    return HeatMap(
        f"{compared.name_b} relative to {compared.name_a}, host by host",
        "B relative to A on the same host; the redder, the more",
        tuple(compared.pairs),
        tuple(f"{each.label} · {each.column.title}" for each in shown),
        tuple(tuple(_heat_cell(each.judged.get(host)) for each in shown) for host in compared.pairs),
    )


def _heat_cell(judged: Judged | None) -> HeatCell:
    if judged is None or judged.shift is None:
        return HeatCell("–", "nothing to compare")
    shift, ratio = judged.shift, judged.shift.scale == "ratio"
    text = amount(shift.estimate, ratio)
    return HeatCell(
        text,
        f"{text} ({interval_of(shift.low, shift.high, ratio)}), {judged.verdict}",
        shift.estimate if ratio else None,
    )
