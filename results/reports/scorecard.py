"""The scorecard as a table of text and numbers, the same for every form and for JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from results import units
from results.metrics import CONSUME_RATE, LOSS_RATIO, LOST, OFFERED_LOAD, SCORECARD, Metric
from results.reports import document
from results.reports.document import Bad, Cell, Heading, Table
from results.reports.sessions import marked
from results.scorecard.rows import Row
from results.scorecard.variants import Limit, Variant, fair_load, limit, offered, searched, shared_loads


@dataclass(frozen=True, slots=True)
class Line:
    """A variant's numbers, in the order of the headings; None where there is no number.

    `doubtful` names those that were taken, in some trial, while the machine was not quiet, and that depend on it.
    `worst_loss` is the loss ratio of the trial that lost most, which the median may hide.
    """

    label: str
    colour: int
    load: str
    cells: tuple[Cell | None, ...]
    notes: tuple[int, ...]
    trials: int
    invalid: int
    disturbed: int
    doubtful: tuple[str, ...]
    worst_loss: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]

    @property
    def loads_differ(self) -> bool:
        return len({line.load for line in self.lines}) > 1

    @property
    def table(self) -> Table:
        """The lines with their loads, where these differ, and how many trials each rests on."""
        first = (Heading("load"),) if self.loads_differ else ()
        return Table(
            "mode",
            (*first, *self.headings, Heading("trials")),
            tuple(
                document.Line(
                    line.label,
                    (*((Cell(line.load),) if first else ()), *line.cells, _trials(line)),
                    line.notes,
                    line.colour,
                )
                for line in self.lines
            ),
            self.notes,
        )


def _trials(line: Line) -> Cell:
    spoilt = ", ".join(
        f"{count} {word}" for count, word in ((line.invalid, "invalid"), (line.disturbed, "disturbed")) if count
    )
    return Cell(Bad(line.trials) if line.invalid else str(line.trials), spoilt, line.trials)


# Where every variant keeps up with the load that costs are taken at, these say nothing but that load again.
_OF_THE_LOAD = (CONSUME_RATE, OFFERED_LOAD, LOST, LOSS_RATIO)


# What "keeps up to" means, without and with a search.
_MEANS = {
    False: "highest load offered up to which no valid trial lost a drop; the loads tried are the steps",
    True: "highest load with no loss (NDR), as the search found it; below it the lowest load that is too much",
}


def summarise(listed: Sequence[Variant]) -> Summary:
    """Make the table: after a search a line per variant, with the load that it keeps up with; else a line per row."""
    return _after_search(listed) if searched(listed) else _of_rows(listed)


def _after_search(listed: Sequence[Variant]) -> Summary:
    load, shared = fair_load(listed), shared_loads(listed, truly_offered=True)
    pairs = [(variant, row) for variant in listed if (row := variant.reference(load))]
    pairs.sort(key=lambda pair: (-(pair[0].capacity or 0.0), *pair[1].rank))
    columns = [column for column in _present(pairs) if column not in _OF_THE_LOAD]
    hardest = shared[-1] if shared else None
    limited = [variant.limits for variant in listed if variant.limits]
    notes: list[str] = []
    lines = []
    for variant, row in pairs:
        line = _line(variant.label, variant, row, columns, notes)
        first = [_capacity(variant, notes)]
        if limited:
            first.append(_limit(limit(variant.limits.pdr), notes) if variant.limits else None)
        if hardest:
            first.append(_loss_at(variant, hardest, notes))
        lines.append(replace(line, cells=(*first, *line.cells)))
    headings = [Heading("keeps up to", "ndr" if limited else "capacity", _MEANS[bool(limited)], "higher")]
    if limited:
        allowed = units.percent(limited[0].loss)
        headings.append(
            Heading(f"≤ {allowed} lost", "pdr", f"highest load with at most {allowed} lost (PDR)", "higher")
        )
    if hardest:
        at = f"at {units.rate(hardest)}"
        headings.append(Heading(f"loss {at}", "loss_ratio", f"lost / offered {at} intended", "lower"))
    return Summary((*headings, *map(_heading, columns)), tuple(lines), _with_few_trials(notes, pairs))


def _of_rows(listed: Sequence[Variant]) -> Summary:
    pairs = [(variant, row) for variant in listed for row in variant.rows]
    pairs.sort(key=lambda pair: pair[1].rank)
    columns = [column for column in _present(pairs) if column is not LOST]
    notes: list[str] = []
    lines = tuple(_line(row.label, variant, row, columns, notes) for variant, row in pairs)
    return Summary(tuple(map(_heading, columns)), lines, _with_few_trials(notes, pairs))


def _present(pairs: Sequence[tuple[Variant, Row]]) -> list[Metric]:
    return [column for column in SCORECARD if any(row.spread(column) for _, row in pairs)]


def _heading(column: Metric) -> Heading:
    return Heading(column.title, column.name, column.means, column.better)


def _line(label: str, variant: Variant, row: Row, columns: Sequence[Metric], notes: list[str]) -> Line:
    """Make a line, and add what its row warns of to the notes of the table."""
    touching: dict[str | None, list[int]] = {}
    for doubt in row.doubts:
        number = _number(doubt.text, notes)
        shown = [column.name for column in doubt.touches if column in columns]
        for name in shown or (None,):
            touching.setdefault(name, []).append(number)
    cells = tuple(_cell(column, row, tuple(touching.get(column.name, ()))) for column in columns)
    asked = row.setting.intended_load
    load = "drained" if not row.trials else "unpaced" if asked is None else units.rate(offered(row))
    return Line(
        label,
        variant.colour,
        load,
        cells,
        tuple(touching.get(None, ())),
        row.repeated,
        len(row.invalid),
        row.disturbed_trials,
        tuple(column.name for column in columns if row.disturbed(column)),
        max(loss.values) if (loss := row.spread(LOSS_RATIO)) else None,
    )


def _cell(column: Metric, row: Row, notes: tuple[int, ...]) -> Cell | None:
    found = row.spread(column)
    if found is None:
        return None
    interval = _interval(column.write(found.low), column.write(found.high))
    text = column.write(found.median)
    if column is LOSS_RATIO and (lost := row.spread(LOST)) and max(lost.values):
        worst = column.write(max(found.values))
        told = [LOST.write(lost.median)] * bool(lost.median) + [f"worst trial {worst}"] * (worst != text)
        return Cell(Bad(f"{text} ({', '.join(told)})"), interval, found.median, notes)
    return Cell(marked(text, row.disturbed(column)), interval, found.median, notes)


def _interval(low: str, high: str) -> str:
    """Write an interval, a unit that both ends share only once."""
    if low == high:
        return ""
    unit = low.lstrip("0123456789.,")
    return f"{low.removesuffix(unit) if high.lstrip('0123456789.,') == unit else low}–{high}"


def _capacity(variant: Variant, notes: list[str]) -> Cell | None:
    if not variant.paced_rows:
        return None
    if variant.limits:
        return _limit(limit(variant.limits.ndr), notes)
    if variant.capacity is None:
        return Cell(f"< {units.rate(offered(variant.paced_rows[0]))}", "", None)
    bound = "≥ " if variant.first_loss is None else ""
    limits = _load_doubts(variant.kept_up, notes) if variant.kept_up else ()
    return Cell(f"{bound}{units.rate(variant.capacity)}", "", variant.capacity, limits)


def _limit(found: Limit, notes: list[str]) -> Cell:
    """Write a limit that a search found, and below it the lowest load that is too much."""
    if found.lower is None:
        return Cell(f"< {units.rate(found.upper or 0)}", "", None)
    if found.at_least:
        doubt = _number("generator-limited: no more could be offered, so the limit is at least this", notes)
        return Cell(f"≥ {units.rate(found.lower)}", "", found.lower, (doubt,))
    return Cell(units.rate(found.lower), f"not {units.rate(found.upper)}" if found.upper else "", found.lower)


def _loss_at(variant: Variant, load: float | None, notes: list[str]) -> Cell | None:
    row = variant.at(load) if load is not None else None
    return _cell(LOSS_RATIO, row, _load_doubts(row, notes)) if row else None


def _load_doubts(row: Row, notes: list[str]) -> tuple[int, ...]:
    """Number the notes that touch the load of a row that is not the line's own."""
    return tuple(_number(doubt.text, notes) for doubt in row.doubts if doubt.touches == (OFFERED_LOAD,))


def _number(text: str, notes: list[str]) -> int:
    if text not in notes:
        notes.append(text)
    return notes.index(text) + 1


def _with_few_trials(notes: list[str], pairs: Sequence[tuple[Variant, Row]]) -> tuple[str, ...]:
    few = _few_trials([row for _, row in pairs])
    return (*notes, few) if few else tuple(notes)


def _few_trials(shown: Sequence[Row]) -> str | None:
    """Say what the intervals are worth where there are too few trials for 95 %."""
    counts = [len(row.timed) or sum(trial.valid for trial in row.drains) for row in shown]
    fewest = min((count for count in counts if count), default=0)
    if fewest == 1:
        return "few trials: one trial has no interval; six give one of 95 %"
    if 1 < fewest < 6:
        confidence = units.percent(1 - 0.5 ** (fewest - 1))
        return (
            f"few trials: the true median lies between the lowest and highest of {fewest} with {confidence}; six "
            "give 95 %"
        )
    return None
