"""Host × mode: what each host says of each mode, by itself, and what all hosts say of the modes side by side.

A median and its interval are of one host's trials alone. Over hosts only what has no unit is put together, the ratio of
two modes on one host, and by order statistics: hosts are as unlike as they are, and a mean of them is nobody's number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from results import units
from results.compare import MARGIN, by_block
from results.fleet.file import Fleet
from results.metrics import (
    AGE_P99,
    ALLOCATIONS,
    CONSUME_RATE,
    CPU_PER_EVENT,
    LOSS_RATIO,
    NS_PER_EVENT,
    PROGRAM_PER_EVENT,
    RSS,
    Metric,
)
from results.scorecard.labels import labels
from results.scorecard.rows import Row, rows
from results.scorecard.variants import lost_any
from results.session import Session
from results.statistics.binomial import exact_bounds
from results.statistics.ratio import Comparison, compare
from results.statistics.spread import Spread, spread
from results.trial import Setting, Trial

# In the order of a report: what an event costs, what became of it, what else it takes.
SHOWN = (
    CPU_PER_EVENT, NS_PER_EVENT, CONSUME_RATE, LOSS_RATIO, AGE_P99, PROGRAM_PER_EVENT, ALLOCATIONS, RSS,
)  # fmt: skip

UNKNOWN = "class not known"
"""Stands for the class of a host that was lost before it said what it is."""

_FEWEST = 3  # hosts with a ratio, of which one can be said to differ from the others


@dataclass(frozen=True, slots=True)
class Host:
    """A host of a fleet since one start, with its trials that count; `lost` says why there are none."""

    name: str
    host_class: str
    sessions: tuple[Session, ...] = ()
    trials: tuple[Trial, ...] = ()
    lost: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one host says of one mode: its trials' spread, and its ratio to the first mode, which is None for that.

    `lossy`: it lost drops, so that its cost per event is the cost of another job. `doubtful`: the machine
    was not quiet in some trial.
    """

    spread: Spread
    ratio: Comparison | None
    lossy: bool
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Over:
    """What the hosts that were not lost say of one mode: the spread of their medians, and that of their ratios.

    Where drops were lost, a host is in neither. On `best` of the `of` hosts that tell of this mode and of another, no
    other's median was better; `share` is what share of such hosts may be so, with 95 %.
    """

    medians: Spread
    ratios: Spread | None
    best: int
    of: int

    @property
    def share(self) -> tuple[float, float] | None:
        return exact_bounds(self.best, self.of) if self.of else None


# Without slots: what hosts have in common is computed once.
@dataclass(frozen=True)
class Matrix:
    """One metric under one load: `entries` has a line for each host, with the modes in the order of `labels`."""

    metric: Metric
    load: str
    labels: tuple[str, ...]
    hosts: tuple[Host, ...]
    entries: tuple[tuple[Entry | None, ...], ...]

    @property
    def title(self) -> str:
        return f"{self.metric.title} {self.load}".strip()

    @property
    def reference(self) -> str:
        """The mode that the others are held against: the first one of the plan."""
        return self.labels[0]

    @property
    def has_ratios(self) -> bool:
        """Whether any host tells how two modes compare."""
        return any(self._ratios)

    def over(self, place: int, host_class: str | None = None) -> Over | None:
        """Put together what hosts, of one class or all, say of the mode at a place; None where none says anything."""
        lines = [
            line
            for host, line in zip(self.hosts, self.entries, strict=True)
            if host.lost is None and host_class in (None, host.host_class)
        ]
        # A cost while drops were lost is another job's, and often the least.
        told = [entry for line in lines if (entry := line[place]) and not entry.lossy]
        medians = spread([entry.spread.median for entry in told])
        if medians is None:
            return None
        ratios = spread([entry.ratio.estimate for entry in told if entry.ratio])
        # A host that tells nothing of this mode cannot say that another one is better.
        ranked = [best for line in lines if line[place] and (best := self._best(line))]
        return Over(medians, ratios, sum(place in best for best in ranked), len(ranked))

    def _best(self, line: Sequence[Entry | None]) -> set[int]:
        """Return the places of the best of a host; none where there is nothing to choose from."""
        fair = {place: entry.spread.median for place, entry in enumerate(line) if entry and not entry.lossy}
        if len(fair) < 2 or self.metric.better is None:
            return set()
        best = (min if self.metric.better == "lower" else max)(fair.values())
        return {place for place, median in fair.items() if median == best}

    @cached_property
    def _ratios(self) -> tuple[Spread | None, ...]:
        found = [self.over(place) for place in range(len(self.labels))]
        return tuple(over.ratios if over else None for over in found)

    def apart(self, line: int, place: int) -> float | None:
        """Return how many times a host's ratio is the middle one of all hosts that were not lost; None without any."""
        entry, ratios = self.entries[line][place], self._ratios[place]
        return entry.ratio.estimate / ratios.median if entry and entry.ratio and ratios else None

    def stands_out(self, line: int, place: int) -> bool:
        """Whether a host's ratio, with its whole interval, is farther from the middle one than the metric's margin."""
        entry, ratios = self.entries[line][place], self._ratios[place]
        if entry is None or entry.ratio is None or ratios is None or len(ratios.values) < _FEWEST:
            return False
        beyond = 1 + (self.metric.gate.margin if self.metric.gate else MARGIN)
        return entry.ratio.low > ratios.median * beyond or entry.ratio.high < ratios.median / beyond


def hosts_of(fleet: Fleet) -> tuple[Host, ...]:
    """Gather a fleet's sessions by their hosts: several shards of one host are no more hosts than one."""
    return tuple(
        Host(
            name,
            group[0].host_class or UNKNOWN,
            tuple(session for each in group if each.session for session in each.session.sessions),
            tuple(trial for each in group if each.session for trial in each.session.trials),
            group[0].lost,
        )
        for name, group in fleet.by_host.items()
    )


def classes(hosts: Iterable[Host]) -> tuple[str, ...]:
    """List the classes of hosts in their order."""
    return tuple(dict.fromkeys(host.host_class for host in hosts))


def matrices(hosts: Sequence[Host], plan: Mapping[str, Any]) -> tuple[Matrix, ...]:
    """Make a matrix of each metric that is shown, under each load; hosts of a class stand together."""
    order = classes(hosts)
    hosts = sorted(hosts, key=lambda host: (order.index(host.host_class), host.name))
    found = [{row.setting: row for row in rows(host.trials, host.sessions)} for host in hosts]
    planned = [Setting.from_json(row) for row in plan.get("settings", ())]
    settings = sorted(
        dict.fromkeys(setting for of_host in found for setting in of_host), key=lambda each: _place(each, planned)
    )
    return tuple(
        matrix
        for metric in SHOWN
        for load, columns in _loads(metric, settings)
        if (matrix := _matrix(metric, load, columns, hosts, found))
    )


def _place(setting: Setting, planned: Sequence[Setting]) -> tuple[int, str]:
    """Order a row's setting as the plan does."""
    alike = [place for place, each in enumerate(planned) if _paired(each) == _paired(setting)]
    return (min(alike, default=len(planned)), setting.mode)


def _paired(setting: Setting) -> Setting:
    return replace(setting, pass_="timed", duration_s=None)


def _loads(metric: Metric, settings: Sequence[Setting]) -> Iterator[tuple[str, list[Setting]]]:
    """Gather the settings that a metric may be compared of: those of one traffic and load, or all that were drained."""
    if metric.taken_from == ("drain",):
        # A drain belongs to a consumer under whichever load: the first one tells it.
        consumers: dict[Setting, Setting] = {}
        for each in settings:
            consumers.setdefault(replace(each, intended_load=None, traffic=""), each)
        yield "", list(consumers.values())
        return
    gathered: dict[tuple[str, float | None], list[Setting]] = {}
    for each in settings:
        gathered.setdefault((each.traffic, each.intended_load), []).append(each)
    traffics = {traffic for traffic, _ in gathered}
    for (traffic, load), group in gathered.items():
        if metric is CONSUME_RATE and load is not None:
            continue  # what is consumed is what was offered
        said = "unpaced" if load is None else f"at {units.rate(load)}"
        yield f"{said}, {traffic}" if len(traffics) > 1 else said, group


def _matrix(
    metric: Metric,
    load: str,
    columns: Sequence[Setting],
    hosts: Sequence[Host],
    found: Sequence[Mapping[Setting, Row]],
) -> Matrix | None:
    """Make a matrix of what any host tells; None where none does, or where no drop was lost."""
    told = [each for each in columns if any((row := of_host.get(each)) and row.spread(metric) for of_host in found)]
    names = labels([replace(each, intended_load=None) for each in told])
    entries = tuple(_line(metric, told, of_host) for of_host in found)
    if not told or (
        metric is LOSS_RATIO and not any(any(each.spread.values) for line in entries for each in line if each)
    ):
        return None
    return Matrix(metric, load, tuple(names[replace(each, intended_load=None)] for each in told), tuple(hosts), entries)


def _line(metric: Metric, told: Sequence[Setting], of_host: Mapping[Setting, Row]) -> tuple[Entry | None, ...]:
    first = of_host.get(told[0]) if told else None
    return tuple(_entry(metric, row, first) if (row := of_host.get(each)) else None for each in told)


def _entry(metric: Metric, row: Row, first: Row | None) -> Entry | None:
    found = row.spread(metric)
    if found is None:
        return None
    lossy, ratio = _lossy(metric, row), None
    of_costs = metric is not LOSS_RATIO  # none lost is a share that nothing is some times of
    if of_costs and first is not None and first is not row and not lossy and not _lossy(metric, first):
        ratio = compare(by_block(first, metric), by_block(row, metric), "ratio")
    return Entry(found, ratio, lossy, row.disturbed(metric))


def _lossy(metric: Metric, row: Row) -> bool:
    """Tell whether a number is what an event cost while others were lost; nothing is lost of a drain."""
    paced = row.setting.intended_load is not None
    return paced and metric is not LOSS_RATIO and metric.taken_from != ("drain",) and lost_any(row)
