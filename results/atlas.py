"""The atlas: what each situation is seen as, on each kernel that was tried; read from files, compared, searched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from results.errors import BadInput, unknown
from results.line import fit, listed, parse

FORMAT = 1
_Part = TypeVar("_Part", "Event", "Range")

# What ordinary traffic counts, drop or not: it tells nothing. All else that grew does.
_PLAIN = re.compile(
    r".* (?:"
    r"Ip\.(?:InReceives|InDelivers|OutRequests|OutTransmits|ForwDatagrams)|IpExt\.\w*(?:Octets|Pkts)|IcmpMsg\.\w+"
    r"|Icmp\.(?:In|Out)(?:Msgs|Echos|EchoReps)|Tcp\.(?:ActiveOpens|PassiveOpens|CurrEstab|InSegs|OutSegs)"
    r"|TcpExt\.(?:TW|TWRecycled|DelayedACKs|DelayedACKLocked|TCPHPHits|TCPPureAcks|TCPHPAcks|TCPAutoCorking"
    r"|TCPOrigDataSent|TCPDelivered|TCPRcvCoalesce|TCPHystart\w+|TCPBacklogCoalesce|TCPAckCompressed|TCPRcvCollapsed"
    r"|TCPSpuriousRtxHostQueues|TCPSynRetrans_|TCPFastRetrans_)"
    r"|Udp6?\.?OutDatagrams|Ip6(?:InReceives|InDelivers|OutRequests|OutTransmits|OutForwDatagrams)"
    r"|Ip6\w*(?:Octets|Pkts)|Icmp6(?:In|Out)(?:Msgs|Echos|EchoReplies|\w*Type\d+|Neighbor\w+|MLDv2\w+|Group\w+)"
    r"|\S+ (?:[rt]x_packets|[rt]x_bytes|multicast)|\S+ rx_pp_\w+|\S+ [rt]x_queue_\d+_xdp_(?:packets|bytes)"
    r"|\S+ peer_\w+"
    r")"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """So many events of one reason, by one function of the kernel, of one sort of packet."""

    reason: str
    function: str
    packet: str
    count: int

    @property
    def cause(self) -> tuple[str, str, str]:
        """By what two drops are the same."""
        return self.reason, self.function, self.packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Between what a number lies that depends on timing: the name of a drop reason or counter, or "arrived"."""

    name: str
    least: int
    most: int | None

    def __contains__(self, count: int) -> bool:
        return self.least <= count and (self.most is None or count <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least:,}"
        return f"{self.least:,}–{self.most:,}" if self.most > self.least else f"{self.least:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A situation on one kernel, as all witnesses told it; `why_not` says why that kernel could not make it.

    kind          whether it is a drop kind: each of its frames makes one event
    varies        what depends on timing
    sent, arrived in the row's unit; arrived None: nobody can know
    counters      by how much the namespaces' own grew, by side and name; softnet_dropped is the whole machine's
    unattributed  events of which nobody could tell whose they are; a row without any is exact
    """

    name: str
    title: str
    kind: bool
    times: int
    unit: str
    varies: tuple[Range, ...]
    source: str
    why_not: str | None
    sent: int
    arrived: int | None
    errors: Mapping[str, int]
    events: tuple[Event, ...]
    counters: Mapping[str, int]
    softnet_dropped: int
    unattributed: int
    unseen: int | None

    @property
    def lost(self) -> int | None:
        """How much of what was sent never arrived; None: nobody can know."""
        return None if self.arrived is None else self.sent - self.arrived

    @property
    def event_count(self) -> int:
        return sum(event.count for event in self.events)

    @property
    def telling(self) -> dict[str, int]:
        """The counters that grew and would not have by ordinary traffic alone."""
        return {name: grew for name, grew in self.counters.items() if not _PLAIN.fullmatch(name)}

    def range_of(self, name: str) -> Range | None:
        """Return between what a number lies that depends on timing; None for one that does not."""
        return next((each for each in self.varies if each.name == name), None)

    def to_json(self) -> dict[str, object]:
        return {"type": "row", **asdict(self)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read a row. Raises KeyError or TypeError for what is none."""
        varies = tuple(_made(Range, each) for each in listed("varies", row["varies"]))
        events = tuple(_made(Event, each) for each in listed("events", row["events"]))
        rest = {each.name: row[each.name] for each in fields(cls) if each.name not in ("varies", "events")}
        made = cls(**rest, varies=varies, events=events)
        fit(made)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """All situations on one kernel."""

    kernel: str
    machine: str
    bench: str
    made_at: str
    rows: tuple[Row, ...] = ()

    @property
    def title(self) -> str:
        """The kernel's version without its last part, as 6.18."""
        return version_of(self.kernel)

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.title.split("."))

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name), None)

    def head(self) -> dict[str, object]:
        """Return the line that goes before the rows."""
        said = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "rows"}
        return {"type": "atlas", "format": FORMAT, **said}


def version_of(release: str) -> str:
    """Return a kernel's version as 6.18. Raises BadInput for what names none."""
    found = re.match(r"\d+\.\d+", release)
    if found is None:
        raise BadInput(f"{release!r} is no release of Linux")
    return found[0]


def read_column(path: Path) -> Column:
    """Read a result file of the atlas; of a row that was made again on the same kernel the last one counts.

    Raises BadInput for a file that is none, or damaged.
    """
    column: Column | None = None
    rows: dict[str, Row] = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    for number, raw in enumerate(lines, start=1):
        try:
            line = parse(raw)
            if line["type"] == "atlas":
                column = _head(line, column)
            elif line["type"] == "row" and column is not None:
                row = Row.from_json(line)
                rows[row.name] = row
            else:
                raise BadInput("neither the head of an atlas nor a row behind it")
        except KeyError as error:
            raise BadInput(f"{path}, line {number}: without {error}") from error
        except (TypeError, ValueError) as error:
            raise BadInput(f"{path}, line {number}: {error}") from error
    if column is None:
        raise BadInput(f"{path} is no result file of bench atlas: it is empty")
    return replace(column, rows=tuple(rows.values()))


def _head(line: Mapping[str, Any], before: Column | None) -> Column:
    if line["format"] != FORMAT:
        raise BadInput(f"written in format {line['format']}; this bench reads {FORMAT}")
    column = Column(**{name: line[name] for name in ("kernel", "machine", "bench", "made_at")})
    fit(column)
    version_of(column.kernel)
    if before is not None and (before.kernel, before.machine) != (column.kernel, column.machine):
        raise BadInput(f"of Linux {column.kernel} on {column.machine}, and begun on {before.kernel}, {before.machine}")
    return column


def read_columns(paths: Sequence[Path]) -> list[Column]:
    """Read result files, the oldest kernel first."""
    return sorted(map(read_column, paths), key=lambda column: column.order)


def differences(known: Row, now: Row) -> list[str]:
    """Say in what a row is not as it was: every count, but of what depends on timing whether it lies in its range."""
    if known.why_not is not None or now.why_not is not None:
        # Another machine of the same kernel may have other modules: what it cannot make is no difference.
        return []
    wrong = [
        f"{what} was {before!r}, and is {after!r}"
        for what, before, after in (
            ("times", known.times, now.times),
            ("sent", known.sent, now.sent),
            ("errors", dict(known.errors), dict(now.errors)),
        )
        if before != after
    ]
    if known.arrived is None or now.arrived is None:
        if known.arrived != now.arrived:
            wrong.append(f"arrived was {known.arrived}, and is {now.arrived}")
    else:
        wrong += _counted("arrived", known.arrived, now.arrived, now.range_of("arrived"))
    before, after = ({event.cause: event.count for event in row.events} for row in (known, now))
    for cause in sorted({*before, *after}):
        reason, function, packet = cause
        what = f"{reason} at {function} ({packet})"
        wrong += _counted(what, before.get(cause, 0), after.get(cause, 0), now.range_of(reason))
    for name in sorted({*known.telling, *now.telling}):
        wrong += _counted(name, known.telling.get(name, 0), now.telling.get(name, 0), now.range_of(name))
    return wrong


def alike(one: Row, other: Row) -> bool:
    """Tell whether two kernels say the same of a situation: what is lost, which events, which counters tell.

    Where it depends on timing, or was not done as often, whether there is any of it counts and not how much.
    """
    exact = one.times == other.times

    def told(row: Row) -> dict[object, int | bool]:
        counts = [("lost", "arrived", row.lost or 0), *((name, name, grew) for name, grew in row.telling.items())]
        counts += [(str(event.cause), event.reason, event.count) for event in row.events]
        counts += [(f"told {name}", name, count) for name, count in row.errors.items()]
        within = {name: one.range_of(name) or other.range_of(name) for _, name, _ in counts}
        return {
            what: count if exact and within[name] is None else bool(count)
            for what, name, count in counts
            if count and not ((end := within[name]) is not None and end.least == 0)
        }

    return told(one) == told(other) and (one.lost is None) == (other.lost is None)


def contradictions(known: Column, rows: Sequence[Row]) -> list[str]:
    """Say which rows are not as a column of the same kernel has them, and in what."""
    wrong = []
    for row in rows:
        there = known.row(row.name)
        if there is None:
            wrong.append(f"{row.name}: the column of Linux {known.title} has no such row")
        else:
            wrong += [f"{row.name}: {what}" for what in differences(there, row)]
    return wrong


def _counted(what: str, known: int, now: int, within: Range | None) -> Iterator[str]:
    if within is None:
        if known != now:
            yield f"{what} was {known:,}, and is {now:,}"
    elif known not in within or now not in within:
        yield f"{what} was {known:,}, and is {now:,}; it is {within}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A sort of events that is no loss: where it occurred, nothing was lost, and it occurred nowhere else."""

    reason: str
    function: str
    packet: str
    rows: tuple[str, ...]


def normals(columns: Sequence[Column], others: Sequence[Column] = ()) -> tuple[Normal, ...]:
    """List the events without a loss: by reason, function and what the packet was.

    One loss with the same, on any of these kernels or of the others, and it is none. Of a packet of no known sort,
    nothing tells it from one that is missed: such events are no part of it.
    """
    harmless: dict[tuple[str, str, str], list[str]] = {}
    harmful = {
        event.cause
        for column in (*columns, *others)
        for row in column.rows
        for event in row.events
        if row.lost != 0 or event.packet == "other"
    }
    for row in (row for column in columns for row in column.rows):
        for event in row.events:
            harmless.setdefault(event.cause, []).append(row.name)
    return tuple(
        Normal(reason=cause[0], function=cause[1], packet=cause[2], rows=tuple(dict.fromkeys(names)))
        for cause, names in sorted(harmless.items())
        if cause not in harmful
    )


def find(column: Column, word: str) -> list[Row]:
    """List the rows in which a counter grew, or a reason or function occurred, that the word names.

    A counter may be written as nstat does, as UdpNoPorts. Raises BadInput for a word that no row knows, or a counter
    that tells of no drop.
    """
    wanted = _bare(word)
    found = [row for row in column.rows if wanted in set(map(_bare, _names(row)))]
    if not found:
        found = [row for row in column.rows if any(wanted in _bare(name) for name in _names(row))]
    if wanted and not found:
        plain = sum(wanted in {_bare(name.partition(" ")[2]) for name in row.counters} for row in column.rows)
        if plain:
            raise BadInput(f"{word!r} tells of no drop: ordinary traffic counts there too, in {plain} situations")
    if not found or not wanted:
        known = sorted({name for row in column.rows for name in _names(row)})
        raise unknown(
            f"no row of the atlas of Linux {column.title} knows {word!r}", word, known,
            "name a counter (Udp.NoPorts), a drop reason (NO_SOCKET) or a function of the kernel (tcp_v4_rcv)",
        )  # fmt: skip
    return found


def _names(row: Row) -> Iterator[str]:
    yield from (event.reason for event in row.events)
    yield from (event.function for event in row.events)
    yield from (name.partition(" ")[2] for name in row.telling)


def _bare(name: str) -> str:
    return re.sub(r"[.\s_]", "", name).lower().removeprefix("skbdropreason")


def _made(kind: type[_Part], row: object) -> _Part:
    if not isinstance(row, dict):
        raise TypeError(f"what stands for {kind.__name__} is no object")
    made = kind(**row)
    fit(made)
    return made
