"""What a fleet's hosts say: a line a host, grouped by class, and the modes side by side over all of them."""

import json
from collections.abc import Iterator, Sequence

from results import units
from results.fleet.file import Fleet
from results.fleet.heat import HeatCell, HeatMap
from results.fleet.matrix import Entry, Host, Matrix, Over, classes
from results.reports.document import (
    Bad,
    Cell,
    Document,
    Drawing,
    Heading,
    Line,
    Name,
    Part,
    Quiet,
    Section,
    Sentence,
    Table,
    cells,
    titled,
)
from results.reports.sessions import disturbed, marked
from results.session import facts
from results.statistics.spread import Spread

_LISTED = 4  # hosts in a sentence before the rest are only counted
_BRIEF = 3  # matrices that a comment has room for
_ON_SCREEN = 40  # lines of a table that are read; a page has them all
_LOSSY = "Where drops were lost, the cost per event is that of another job: it is in no ratio, nor in a row over hosts."
_APART = "Apart: on this host the ratio to the first mode differs from that of the middle host by more than the margin."
# Of a machine, what is read first.
_FACTS = ("cpu_model", "cpus", "kernel", "python", "bcc", "commit")


def fleet_document(fleet: Fleet, hosts: Sequence[Host], found: Sequence[Matrix]) -> Document:
    """Say which mode is best on how many hosts, who was lost and who stands out; then the matrices."""
    twice: tuple[Sentence, ...] = tuple(
        (Quiet(f"Session {each.session} of {each.host} is extra: its shard was done already, and it is in no number."),)
        for each in fleet.extras
    )
    trials = [trial for host in hosts for trial in host.trials]
    noise = disturbed(trials)
    said = tuple(_headline(hosts, found))
    method = (
        "Each host ran the whole plan by itself, in random order by its own seed. Medians and their intervals are of "
        "one host's trials. Over hosts there is no mean: the least, the middle and the most of them are shown, and of "
        "the ratio of two modes on one host the middle one, with an interval of order statistics. Of a lost host "
        "nothing is in any number over hosts."
    )
    told = sum(host.lost is None for host in hosts)
    whose = f"{told} host{'' if told == 1 else 's'}"
    return Document(
        said,
        (*(part for each in found[:_BRIEF] for part in _parts(each)), *twice, *noise),
        screen=((), *(part for each in found[:1] for part in _parts(each, _ON_SCREEN)), *twice, *noise),
        sections=(
            *(Section(f"matrix-{place}", each.title, _drawn(each)) for place, each in enumerate(found, start=1)),
            Section("hosts", "Hosts", (_hosts(hosts), *twice, *noise)),
            Section("method", "Method", ((method,),)),
        ),
        name="bench report",
        problems=fleet.problems,
        footer=f"{len(trials)} trials of {whose}, plan {fleet.plan_id}, from {fleet.path}.",
    )


def json_lines(found: Sequence[Matrix]) -> str:
    """Write an object for each host and mode of each matrix, and one for each mode over all hosts."""
    return "".join(json.dumps(row) + "\n" for each in found for row in _objects(each))


def _objects(matrix: Matrix) -> Iterator[dict[str, object]]:
    about = {"metric": matrix.metric.name, "load": matrix.load, "reference": matrix.reference}
    for host, line in zip(matrix.hosts, matrix.entries, strict=True):
        for label, entry in zip(matrix.labels, line, strict=True):
            told = None if entry is None else _told(entry.spread)
            ratio = None if entry is None or entry.ratio is None else entry.ratio
            yield {
                **about, "host": host.name, "class": host.host_class, "lost": host.lost, "label": label, "of": told,
                "ratio": ratio and {"estimate": ratio.estimate, "low": ratio.low, "high": ratio.high,
                                    "confidence": ratio.confidence},
                "lossy": entry is not None and entry.lossy, "doubtful": entry is not None and entry.doubtful,
            }  # fmt: skip
    for place, label in enumerate(matrix.labels):
        if over := matrix.over(place):
            yield {
                **about, "host": None, "label": label, "of": _told(over.medians),
                "ratio": over.ratios and _told(over.ratios), "best": over.best, "best_of": over.of, "share": over.share,
            }  # fmt: skip


def _told(found: Spread) -> dict[str, object]:
    return {
        "median": found.median, "low": found.low, "high": found.high, "confidence": found.confidence,
        "least": min(found.values), "most": max(found.values), "count": len(found.values),
    }  # fmt: skip


def _headline(hosts: Sequence[Host], found: Sequence[Matrix]) -> Iterator[Sentence]:
    lost = [host for host in hosts if host.lost is not None]
    told = [host for host in hosts if host.lost is None]
    known = len(classes(told))
    count = f"{len(told)} host{'' if len(told) == 1 else 's'} of {known} class{'' if known == 1 else 'es'}"
    # A host that lost one shard may have carried out others.
    yield (f"{count}; {f'{len(lost)} shard' if lost else 'none'}{'s' if len(lost) > 1 else ''} lost.",)
    for host in lost[:_LISTED]:
        yield (Bad("lost: "), Name(host.name), f": {host.lost}")
    if len(lost) > _LISTED:
        yield (Bad(f"lost: {len(lost) - _LISTED} more"),)
    for matrix in found[:2]:
        yield from _best(matrix)
        yield from _standing_out(matrix)
    if not found:
        yield ("No host tells anything that could be shown.",)


def _best(matrix: Matrix) -> Iterator[Sentence]:
    overs = [(label, over) for place, label in enumerate(matrix.labels) if (over := matrix.over(place)) and over.of]
    if not overs:
        return
    label, over = max(overs, key=lambda pair: pair[1].best)
    word = "least" if matrix.metric.better == "lower" else "most"
    yield (f"{matrix.title}: {word} with ", Name(label), f" on {_share(over)}.")


def _share(over: Over) -> str:
    assert over.share is not None
    low, high = over.share
    return f"{over.best} of {over.of} hosts ({low * 100:.3g} to {high * 100:.3g} % of such hosts, exact, 95 %)"


def _standing_out(matrix: Matrix) -> Iterator[Sentence]:
    """Name the hosts on which a mode is another than on the others, the farthest apart first."""
    out = [
        (apart, host, label)
        for line, host in enumerate(matrix.hosts)
        for place, label in enumerate(matrix.labels)
        if matrix.stands_out(line, place) and (apart := matrix.apart(line, place))
    ]
    out.sort(key=lambda each: -max(each[0], 1 / each[0]))
    for apart, host, label in out[:_LISTED]:
        yield (
            Bad("stands out: "), Name(host.name), f": {matrix.title} of ", Name(label), ", against ",
            Name(matrix.reference), f", is {units.digits(apart)} times the middle host's.",
        )  # fmt: skip
    if len(out) > _LISTED:
        yield (Bad(f"stand out: {len(out) - _LISTED} more"),)


def _parts(matrix: Matrix, most: int | None = None) -> Iterator[Part]:
    """Show a matrix: a table for each class, and what all hosts say of each mode."""
    for host_class in classes(matrix.hosts):
        yield _table(matrix, host_class, most)
        yield ()
    yield from _remarks(matrix)
    yield from _over(matrix, None)


def _drawn(matrix: Matrix) -> tuple[Part, ...]:
    several = classes(matrix.hosts) if len(classes(matrix.hosts)) > 1 else ()
    # A section whose drawing has nothing to draw is left out whole: one mode has no ratio.
    drawing = (Drawing("heat_map", _heat(matrix)),) if matrix.has_ratios else ()
    return (
        (Quiet(f"{matrix.metric.means}; medians of each host's own trials."),),
        *drawing,
        *(_table(matrix, each, None) for each in classes(matrix.hosts)),
        *_remarks(matrix),
        *_over(matrix, None),
        *(part for each in several for part in _over(matrix, each)),
    )


def _heat(matrix: Matrix) -> HeatMap:
    return HeatMap(
        f"{matrix.title} of each mode against {matrix.reference}, host by host",
        f"× {matrix.reference} on the same host; the redder, the more than in the middle of all hosts",
        tuple(f"{host.name}{' (lost)' if host.lost is not None else ''}" for host in matrix.hosts),
        matrix.labels,
        tuple(
            tuple(_heat_cell(matrix, line, place, entry) for place, entry in enumerate(entries))
            for line, entries in enumerate(matrix.entries)
        ),
    )


def _heat_cell(matrix: Matrix, line: int, place: int, entry: Entry | None) -> HeatCell:
    if entry is None:
        return HeatCell("–", matrix.hosts[line].lost or "nothing")
    median, ratio = matrix.metric.write(entry.spread.median), entry.ratio
    if ratio is None:
        return HeatCell("·", median)
    says = f"{median}, {_times(ratio.estimate)} ({_times(ratio.low)} to {_times(ratio.high)})"
    return HeatCell(_times(ratio.estimate), says, matrix.apart(line, place))


def _remarks(matrix: Matrix) -> Iterator[Sentence]:
    if any(entry and entry.lossy for line in matrix.entries for entry in line):
        yield (Quiet(_LOSSY),)
    if any(matrix.stands_out(line, place) for line in range(len(matrix.hosts)) for place in range(len(matrix.labels))):
        yield (Quiet(_APART),)


def _table(matrix: Matrix, host_class: str, most: int | None) -> Table:
    of_class = [place for place, host in enumerate(matrix.hosts) if host.host_class == host_class]
    shown = of_class[:most]
    more = f" ({len(of_class) - len(shown)} more on the page)" if len(of_class) > len(shown) else ""
    lost = any(matrix.hosts[place].lost is not None for place in shown)
    return Table(
        f"{matrix.title}, {host_class}{more}",
        (*titled(*matrix.labels), *((Heading("lost because", words=True),) if lost else ())),
        tuple(_line(matrix, place, lost) for place in shown),
        narrow="split",
    )


def _line(matrix: Matrix, place: int, lost: bool) -> Line:
    host = matrix.hosts[place]
    own = [_cell(matrix, place, column, entry) for column, entry in enumerate(matrix.entries[place])]
    return Line(host.name, (*own, *((Cell(Bad(host.lost)) if host.lost is not None else None,) if lost else ())))


def _cell(matrix: Matrix, line: int, place: int, entry: Entry | None) -> Cell | None:
    if entry is None:
        return None
    found, out = entry.spread, matrix.stands_out(line, place)
    text = marked(matrix.metric.write(found.median), entry.doubtful)
    reach = max(found.high - found.median, found.median - found.low) / found.median if found.median else 0.0
    small = [f"±{reach * 100:.0f}%"] if len(found.values) > 1 and found.median else []
    small += ["lossy"] * entry.lossy + ["apart"] * out
    return Cell(Bad(text) if out or entry.lossy else text, " ".join(small), found.median)


def _over(matrix: Matrix, host_class: str | None) -> Iterator[Table]:
    """Show the modes side by side: the least, middle and most of hosts' medians, and the ratio within a host."""
    found = [(label, matrix.over(place, host_class)) for place, label in enumerate(matrix.labels)]
    lines = tuple(_over_line(matrix, label, over) for label, over in found if over)
    if any(over and len(over.medians.values) > 1 for _, over in found):  # a single host's numbers stand above
        whose = "all hosts" if host_class is None else host_class
        headings = titled("hosts", "least", "middle", "most", f"× {matrix.reference}", "× least", "× most", "best on")
        yield Table(f"{matrix.metric.title}, {whose}", headings, lines, narrow="words")


def _over_line(matrix: Matrix, label: str, over: Over) -> Line:
    write, medians, ratios = matrix.metric.write, over.medians, over.ratios
    hosts = (min(medians.values), medians.median, max(medians.values))
    best = "–" if over.share is None else f"{over.best} of {over.of}"
    share = "" if over.share is None else "{:.3g}–{:.3g} %".format(*(100 * end for end in over.share))
    relative: tuple[Cell | None, ...] = (None, None, None)
    if ratios is not None:
        worth = "" if not ratios.few else f" ({ratios.confidence * 100:.3g} %)"
        interval = f"{_times(ratios.low)} to {_times(ratios.high)}{worth}" if len(ratios.values) > 1 else ""
        relative = (
            Cell(_times(ratios.median), interval, ratios.median),
            *cells(_times(min(ratios.values)), _times(max(ratios.values))),
        )
    counted = str(len(medians.values))
    return Line(label, (*cells(counted, *map(write, hosts)), *relative, Cell(best, share)))


def _times(ratio: float) -> str:
    return f"×{units.digits(ratio)}"


def _hosts(hosts: Sequence[Host]) -> Table:
    words = ("class", *_FACTS, "lost because")
    headings = titled("class", *_FACTS, "trials", "invalid", "disturbed", "lost because", words=words)
    return Table("host", headings, tuple(map(_host_line, hosts)))


def _host_line(host: Host) -> Line:
    known = facts(host.sessions[0].host) if host.sessions else {}
    counted = (len(host.trials), sum(not each.valid for each in host.trials), sum(t.disturbed for t in host.trials))
    told = (Cell(known[name]) if name in known else None for name in _FACTS)
    lost = None if host.lost is None else Cell(Bad(host.lost))
    return Line(host.name, (Cell(host.host_class), *told, *cells(*map(str, counted)), lost))
