"""The atlas as a document: a kernel's column, several side by side, or the rows that a word names."""

from collections.abc import Sequence
from dataclasses import replace

from results.atlas import Column, Row, alike, contradictions
from results.reports.document import (
    Bad,
    Cell,
    Document,
    Doubt,
    Good,
    Heading,
    Line,
    Name,
    Sentence,
    Strong,
    Table,
    cells,
)

_MOST_COUNTERS = 4


def column_document(column: Column, known: Column | None = None) -> Document:
    """Show what was just made, and in which rows it is not as it was on a kernel of the same version."""
    wrong = contradictions(known, column.rows) if known is not None else []
    if known is None:
        said = f"bench has no column of Linux {column.title} yet: this is a new one."
    elif wrong:
        said = f"Different from Linux {known.kernel}, whose column came with bench:"
    else:
        said = f"Every row is the same as on Linux {known.kernel}, whose column came with bench."
    return _document(column, (), ((said,), *((Bad(each),) for each in wrong)))


def columns_document(columns: Sequence[Column]) -> Document:
    """Show the newest kernel's column, in what others differ, and since which of them it is so."""
    *others, column = columns
    there = {row.name: row for other in others for row in other.rows}
    untried = tuple(replace(row, why_not="it was not tried") for name, row in there.items() if column.row(name) is None)
    column = replace(column, rows=(*column.rows, *untried))
    how = ("Each row was made on each of these kernels; bench atlas FILE… makes this table of the results.",)
    names = ("Names and numbers are those of the newest kernel; what differs on another one stands out in its column.",
             " First is the oldest kernel tried from which on a row is as on the newest.")  # fmt: skip
    sources = tuple((Name(row.name), f": {row.source}") for row in column.rows if row.source)
    return _document(column, others, (how, names, *sources))


def find_document(column: Column, word: str, rows: Sequence[Row], how: str) -> Document:
    """Answer which drops a word stands for: is anything lost, is there an event, which counter confirms it?"""
    said = f"{word}: {len(rows)} situations of {len(column.rows)} on Linux {column.title}"
    table = Table("situation", _HEADINGS, tuple(map(_line, rows)), narrow="words")
    return Document(((said,),), (table, (how,), *_legend(rows)), name="bench atlas")


def _document(column: Column, others: Sequence[Column], more: tuple[Sentence, ...]) -> Document:
    made = [row for row in column.rows if row.why_not is None]
    said = f"{len(made)} of {len(column.rows)} situations made on Linux {column.kernel} ({column.machine})"
    silent = sum(bool(row.lost) and not row.events for row in made)
    harmless = sum(row.lost == 0 and bool(row.events) for row in made)
    summary = f"{harmless} make events and lose nothing; {silent} lose something and make no event"
    headings: tuple[Heading, ...] = _HEADINGS
    if others:
        headings += (Heading("first"), *(Heading(f"on {other.title}", words=True) for other in others))
    lines = tuple(_line(row, column, others) for row in column.rows)
    parts: list[Table | Sentence] = [Table("situation", headings, lines, narrow="words")]
    doubtful = [row.name for row in made if row.unattributed or row.unseen]
    if doubtful:
        parts.append((Doubt(f"meanwhile events came whose owner could not be found: {', '.join(doubtful)}"),))
    return Document(
        ((said,), (summary,)),
        (*parts, *_legend(column.rows), *more),
        name="bench atlas",
        title="The atlas of drops",
    )


_HEADINGS = (
    Heading("what is done", words=True, spare=True),
    Heading("lost", words=True),
    Heading("events", words=True),
    Heading("reason and function", words=True),
    Heading("counters that tell", words=True),
)


def _legend(rows: Sequence[Row]) -> tuple[Sentence, ...]:
    more = any(len(row.telling) > _MOST_COUNTERS for row in rows)
    return ((f"Of a row's counters the first {_MOST_COUNTERS} are shown; --json has all.",),) if more else ()


def _line(row: Row, column: Column | None = None, others: Sequence[Column] = ()) -> Line:
    elsewhere: tuple[Cell, ...] = ()
    if others and column is not None:
        alike = [(other, other.row(row.name)) for other in others]
        elsewhere = (Cell(_first(row, column, others)), *(Cell(_there(row, there)) for _, there in alike))
    if row.why_not is not None:
        told = cells(row.title, "–", "–", Doubt(f"cannot: {row.why_not}"), "–")
    else:
        told = cells(
            f"{row.title}, {row.times} times", lost_text(row), events_text(row), causes_text(row), counters_text(row)
        )
    if others:  # what stands out is what differs
        told = tuple(Cell(str(cell.text)) for cell in told)
    return Line(row.name, (*told, *elsewhere))


def lost_text(row: Row) -> str:
    """Say how much of what was sent is lost, as far as anybody can know."""
    if row.lost is None:
        return Doubt("not known")
    within = row.range_of("arrived")
    if row.lost == 0:
        return Good("nothing")
    if within is not None and within.most != within.least:
        return Bad(f"some of {row.sent:,} {row.unit}")
    return (
        Bad(f"all {row.sent:,} {row.unit}") if row.lost == row.sent else Bad(f"{row.lost:,} of {row.sent:,} {row.unit}")
    )


def events_text(row: Row) -> str:
    """Say how many events there were; where that depends on timing, between what it lies."""
    if not row.events:
        return Strong("none") if row.lost else "none"
    ranges = {event.reason: row.range_of(event.reason) for event in row.events}
    fixed = sum(event.count for event in row.events if ranges[event.reason] is None)
    return ", ".join([f"{fixed:,}"] * bool(fixed) + [str(each) for each in ranges.values() if each is not None])


def causes_text(row: Row) -> str:
    """Name reasons and functions, with their counts where there are several."""
    several = len({(event.reason, event.function) for event in row.events}) > 1
    counts: dict[str, int] = {}
    for event in row.events:
        cause = f"{event.reason} at {event.function}"
        counts[cause] = counts.get(cause, 0) + event.count
    return (
        ", ".join(
            f"{cause} {count:,}" if several and row.range_of(cause.split()[0]) is None else cause
            for cause, count in counts.items()
        )
        or "–"
    )


def counters_text(row: Row) -> str:
    """Name the counters that tell, the most often moved first, and what the sender was told."""
    told = [f"the sender was told {name} {count:,}" for name, count in row.errors.items()]
    named = sorted(row.telling.items(), key=lambda each: (-each[1], each[0]))[:_MOST_COUNTERS]
    told += [f"{name} {row.range_of(name) or f'{count:,}'}" for name, count in named]
    return ", ".join(told) or Strong("none")


def _there(row: Row, there: Row | None) -> str:
    """Say how a row is on another kernel, where it is another."""
    if there is None:
        return "not tried"
    if there.why_not is not None:
        return Doubt(f"cannot: {there.why_not}")
    if row.why_not is not None:
        return Strong(f"lost {lost_text(there)}; {_events(there)}")
    if alike(there, row):
        return "the same"
    said = [
        (f"lost {lost_text(there)}", lost_text(there) != lost_text(row)),
        (_events(there), _events(there) != _events(row)),
        (counters_text(there), counters_text(there) != counters_text(row)),
    ]
    return Strong("; ".join(what for what, differs in said if differs) or "in counters that are not shown")


def _events(row: Row) -> str:
    return f"{events_text(row)} events: {causes_text(row)}" if row.events else "no event"


def _first(row: Row, column: Column, others: Sequence[Column]) -> str:
    """Name the first kernel from which on all that made it say the same as this column, as far as it was made."""
    first, unknown = column.title, False
    if row.why_not is not None:
        return "–"
    for other in sorted(others, key=lambda other: other.order, reverse=True):
        there = other.row(row.name)
        if other.order > column.order:
            continue
        if there is None or there.why_not is not None:
            unknown = True
            continue
        if not alike(there, row):
            break
        first, unknown = other.title, False
    return f"{first} or before" if unknown else first
