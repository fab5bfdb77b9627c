"""The columns of an export: always the same ones, in the same order, of the same types, whatever a file holds.

They are those of Trial, Setting and Ledger, of the table of metrics and of the fingerprint: nothing is listed here a
second time. What has open names (a witness's counters, numbers and facts of another version) is JSON, in one column;
so is the ledger of each CPU.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from results.ledger import Ledger
from results.metrics import METRICS, OFFERED_LOAD
from results.series import cpus
from results.session import FACTS, ModeSource
from results.shown import shown
from results.trial import Setting, Trial
from results.units import BYTES, COUNT, NANOSECONDS, RATIO, SECONDS


@dataclass(frozen=True, slots=True)
class Kind:
    """A type, by the name that each reader has for it."""

    pyarrow: str
    pandas: str
    polars: str
    duckdb: str


TEXT = Kind("string", "string", "String", "VARCHAR")
TRUTH = Kind("bool", "boolean", "Boolean", "BOOLEAN")
NUMBER = Kind("double", "float64", "Float64", "DOUBLE")
# Signed, though no count is below zero: differences of counts are what one computes.
WHOLE = Kind("int64", "Int64", "Int64", "BIGINT")
# Sums of the program's timestamps, mod 2**64.
CHECKSUM = Kind("uint64", "UInt64", "UInt64", "UBIGINT")

_RANGES = {WHOLE: range(-(2**63), 2**63), CHECKSUM: range(2**64)}


@dataclass(frozen=True, slots=True)
class Line:
    """What a row is made of: a trial, the facts of its machine, and the user's mode, traffic and program then.

    Of a fleet's, `fleet_host` and `fleet_class` are what its plan calls the host, and the class of that.
    """

    trial: Trial
    host: Mapping[str, str]
    source: ModeSource | None
    traffic_sha256: str | None
    program: ModeSource | None
    fleet_host: str | None = None
    fleet_class: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type, the unit of its numbers (empty for none), and how it is read off a line."""

    name: str
    kind: Kind
    unit: str
    read: Callable[[Line], Any]

    def holds(self, value: object) -> bool:
        """Tell whether a value that was read fits: a file may hold whole numbers of more bits than any count has."""
        return not isinstance(value, int) or self.kind not in _RANGES or value in _RANGES[self.kind]


_KINDS = {str: TEXT, Literal: TEXT, tuple: TEXT, bool: TRUTH, int: WHOLE, float: NUMBER}
# Units that no name ends with.
_UNITS = {"intended_load": OFFERED_LOAD.unit, "drain_records": COUNT, "windows": COUNT, "window_events": COUNT}


def _of_class(owner: type, path: str) -> Iterator[Column]:
    """Yield a column for each plain field and property of a class, and for those of the classes that it holds."""
    computed = {name: each.fget for name, each in vars(owner).items() if isinstance(each, property)}
    hints = get_type_hints(owner) | {name: get_type_hints(read)["return"] for name, read in computed.items()}
    for name, hint in hints.items():
        meant = next(each for each in (get_args(hint) if _is_union(hint) else (hint,)) if each is not NoneType)
        kind = CHECKSUM if name.startswith("checksum") else _KINDS.get(get_origin(meant) or meant)
        if meant in (Setting, Ledger):
            yield from _of_class(meant, f"{path}.{name}")
        elif kind is not None and not name.startswith("_"):
            counted = "count" if owner is Ledger and kind is WHOLE else ""
            yield Column(name.rstrip("_"), kind, _unit(name) or counted, attrgetter(f"{path}.{name}"))


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _unit(name: str) -> str:
    if name in METRICS:
        return METRICS[name].unit.name
    ended = [each for each in (NANOSECONDS, SECONDS, BYTES, RATIO) if name.endswith(f"_{each.name}")]
    return ended[0].name if ended else _UNITS[name].name if name in _UNITS else ""


def _of_hosts() -> Iterator[Column]:
    for name in FACTS:
        yield Column(f"host_{name}", TEXT, "", _fact(name))
    yield Column("fleet_host", TEXT, "", lambda line: line.fleet_host)
    yield Column("fleet_class", TEXT, "", lambda line: line.fleet_class)
    yield Column("mode_sha256", TEXT, "", lambda line: line.source and line.source.sha256)
    yield Column("mode_commit", TEXT, "", lambda line: line.source and line.source.version)
    yield Column("traffic_sha256", TEXT, "", lambda line: line.traffic_sha256)
    yield Column("program_sha256", TEXT, "", lambda line: line.program and line.program.sha256)
    yield Column("program_commit", TEXT, "", lambda line: line.program and line.program.version)


def _of_metrics(taken: set[str]) -> Iterator[Column]:
    """Yield a column for each number that trials hold; one that a setting asks for too is the measured one."""
    for name, metric in METRICS.items():
        if metric.derived is None:
            yield Column(f"measured_{name}" if name in taken else name, NUMBER, metric.unit.name, _measured(name))


def _fact(name: str) -> Callable[[Line], str | None]:
    return lambda line: line.host.get(name)


def _measured(name: str) -> Callable[[Line], float | None]:
    return lambda line: line.trial.metrics.get(name)


def _other(line: Line) -> Mapping[str, object]:
    """Gather what only another version of bench has a column for."""
    facts = {f"host_{shown(name)}": shown(value) for name, value in line.host.items() if name not in FACTS}
    return facts | {shown(name): value for name, value in line.trial.metrics.items() if name not in METRICS}


def _json(found: Mapping[str, object]) -> str | None:
    return json.dumps(found) if found else None


def _columns() -> Iterator[Column]:
    own = list(_of_class(Trial, "trial"))
    yield from own
    yield from _of_metrics({column.name for column in own})
    yield from _of_hosts()
    yield Column("witness", TEXT, "", lambda line: _json({shown(k): v for k, v in line.trial.witness.items()}))
    yield Column("ledger_by_cpu", TEXT, "", lambda line: json.dumps(found) if (found := cpus(line.trial)) else None)
    yield Column("other", TEXT, "", lambda line: _json(_other(line)))


COLUMNS = tuple(_columns())
NAMES = tuple(column.name for column in COLUMNS)
