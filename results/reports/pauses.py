"""Which losses lie in pauses of the garbage collector: counted beside chance, and both drawn on one time axis."""

from collections.abc import Iterator, Sequence

from results import units
from results.reports.document import Bad, Cell, Heading, Line, Part, Quiet, Sentence, Table, spark, titled
from results.scorecard.pauses import InPauses, in_pauses
from results.scorecard.rows import Row
from results.series import long_pauses, losses
from results.trial import Trial

_COLUMNS = 48  # of a time axis made of characters
_WORST = 6  # rows that are drawn and put into words, those that lost most
_LONG = 12  # lines of the table that are read; more are looked up


def pauses(found: Sequence[Row]) -> tuple[Part, ...]:
    """Say it of all rows, where any of them lost drops while its collector paused for long; else nothing."""
    told = [(row, counted) for row in found if (counted := in_pauses(row))]
    if not any(counted.lost and counted.pauses for _, counted in told):
        return ()
    headings = (
        Heading("pauses of ≥ 1 ms"),
        Heading("longest"),
        Heading("lost"),
        Heading("of it in pauses"),
        Heading("by chance"),
        Heading("bouts of loss"),
        Heading("begun in pauses"),
    )
    aside = f"Loss and collector of {len(told)} variants and loads" if len(told) > _LONG else ""
    lines = tuple(_line(*pair) for pair in told)
    table = Table("loss and collector", headings, lines, narrow="words", aside=aside)
    worst = sorted(told, key=lambda pair: -pair[1].lost)[:_WORST]
    strips = _strips(worst)
    axis = (Table("over one trial", titled("", words=("",)), strips), ()) if strips else ()
    return (table, (), *axis, *_sentences(worst), _resolution(told))


def _line(row: Row, counted: InPauses) -> Line:
    share, chance, bounds = counted.share, counted.by_chance, counted.bounds
    spread = counted.by_trial
    interval = (
        f"{units.percent(spread.low)}–{units.percent(spread.high)}" if spread and spread.low < spread.high else ""
    )
    return Line(
        row.label,
        (
            Cell(units.count(counted.pauses)),
            Cell(units.seconds(counted.longest_s)),
            Cell(Bad(units.count(counted.lost)) if counted.lost else "0"),
            None if share is None else Cell(units.percent(share), interval),
            None if chance is None else Cell(units.percent(chance)),
            Cell(units.count(counted.bouts)),
            None
            if bounds is None
            else Cell(units.count(counted.bouts_in_pauses), f"{units.percent(bounds[0])}–{units.percent(bounds[1])}"),
        ),
    )


def _sentences(told: Sequence[tuple[Row, InPauses]]) -> Iterator[Sentence]:
    for row, counted in told:
        if counted.share is None or counted.by_chance is None or counted.bounds is None or not counted.pauses:
            continue
        low, high = map(units.percent, counted.bounds)
        certain, chance = units.percent(counted.inside / counted.lost), units.percent(counted.by_chance)
        began = f"{units.count(counted.bouts_in_pauses)} of {units.count(counted.bouts)} bouts of loss"
        yield (
            f"{row.label}: {units.percent(counted.share)} of the drops lost ({certain} for certain) lie in pauses of "
            f"the collector, and {chance} of those offered; {began} began in one (95 %: {low} to {high}): "
            f"{'more than chance explains' if counted.more_than_chance else 'not distinguishable from chance'}",
        )


def _resolution(told: Sequence[tuple[Row, InPauses]]) -> Sentence:
    apart = sorted(counted.apart_s for _, counted in told)[len(told) // 2]
    most = max(counted.apart_max_s for _, counted in told)
    return (
        Quiet(
            f"A loss is placed between two looks, {units.seconds(apart)} apart (at most {units.seconds(most)}): it "
            "lies in a pause where the two overlap, for certain where the looks lie inside it (docs/gc.md)."
        ),
    )


def _strips(told: Sequence[tuple[Row, InPauses]]) -> tuple[Line, ...]:
    """Draw, for the trial of each row that lost most, the losses above and the pauses below, on one axis."""
    lines: list[Line] = []
    for row, counted in told:
        worst = max(row.timed, key=lambda trial: trial.ledger.lost or 0)
        if counted.lost and (lost := losses(worst)) and (axis := _axis(worst)) > 0:
            heights = _binned([(since, until, float(number)) for since, until, number in lost], axis)
            paused = _binned([(start, start + length, length) for start, length in long_pauses(worst)], axis)
            lines.append(Line(f"{row.label}: lost", (Cell(spark(_shares(heights, max(heights)))),)))
            lines.append(Line("collector paused", (Cell(spark(_shares(paused, axis / _COLUMNS))),)))
    return tuple(lines)


def _axis(trial: Trial) -> float:
    """Return how long the axis of a trial is, in seconds."""
    ends = [until for _, until, _ in losses(trial)] + [start + length for start, length in long_pauses(trial)]
    return max([trial.setting.duration_s or 0.0, *ends])


def _binned(rows: Sequence[tuple[float, float, float]], axis_s: float) -> list[float]:
    """Share amounts, each of a time from one moment to another, among the columns of an axis."""
    step = axis_s / _COLUMNS
    bins = [0.0] * _COLUMNS
    for since, until, amount in rows:
        first, last = (min(_COLUMNS - 1, max(0, int(moment / step))) for moment in (since, until))
        for place in range(first, last + 1):
            low, high = max(since, place * step), min(until, (place + 1) * step)
            bins[place] += amount * max(0.0, high - low) / (until - since) if until > since else 0.0
    return bins


def _shares(amounts: Sequence[float], full: float) -> Iterator[float | None]:
    """Write amounts as shares of the full height; none for nothing."""
    return (min(1.0, amount / full) if amount > 0 and full > 0 else None for amount in amounts)
