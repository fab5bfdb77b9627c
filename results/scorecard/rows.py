"""The scorecard: for each consumer under each load, the median of its valid trials and their spread."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import compress
from operator import attrgetter

from results.metrics import (
    CONSUME_RATE,
    CPU_PER_EVENT,
    IN_PASSES,
    LOSS_RATIO,
    NS_PER_EVENT,
    OFFERED_LOAD,
    SCORECARD,
    Metric,
)
from results.plan import doubt
from results.scorecard.labels import labels
from results.scorecard.origin import Origins
from results.series import cpus
from results.session import Session, collector, python_line
from results.shown import shown
from results.statistics.spread import Spread, spread
from results.trial import Setting, Trial

# The counts of a ledger in the order in which a drop meets them.
COUNTS = (
    "sent", "refused", "observed", "skipped", "missed", "offered", "submitted", "reserve_failed", "overwritten",
    "aggregated", "map_full", "consumed", "unread", "lost",
)  # fmt: skip

_counts = attrgetter(*COUNTS)

DISTURBED = (
    "the machine was not quiet in some of the trials: times, rates, costs per event are doubtful; the ledger is exact"
)


# What versions of Python do differently, and which of them do it alike.
_HOW = ((python_line, "allocate"), (collector, "collect"))

_Numbers = tuple[Sequence[Trial], Sequence[float]]

# What trials have in common that are repetitions of each other: their setting, the side of a check, and their origin.
_Key = tuple[Setting, str | None, int]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A warning, and the numbers that it touches; none: the row as a whole.

    `always` is what holds of such a number in any run: how it is made, and no reason to distrust it.
    """

    text: str
    touches: tuple[Metric, ...] = ()
    always: bool = False


# Without slots: what is computed from the trials is kept, since every part of a report asks for it.
@dataclass(frozen=True)
class Row:
    """One consumer under one load: its trials of every pass, and its drain trials.

    `arm` is the side of a check that they were on: the settings of both may be the same, and what differs the code.
    `origin` says what else tells it from rows of the same setting: a machine, a version, the mode's content.
    `python` is the version of Python that ran it; `other_pythons` are those of the rows beside it.
    """

    label: str
    setting: Setting
    trials: tuple[Trial, ...]
    drains: tuple[Trial, ...]
    arm: str | None = None
    origin: str = ""
    python: str = ""
    other_pythons: tuple[str, ...] = ()

    @cached_property
    def valid(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.valid)

    @cached_property
    def invalid(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in (*self.trials, *self.drains) if not trial.valid)

    @cached_property
    def timed(self) -> tuple[Trial, ...]:
        """The valid trials of the least disturbed pass there is: those that rates and losses are taken from."""
        return next((tuple(self._loaded[name]) for name in IN_PASSES if name in self._loaded), ())

    @cached_property
    def black_box(self) -> bool:
        """Whether the program counted nothing of what it saw, so that no loss is known."""
        return any(trial.ledger.lost is None for trial in self.trials)

    def spread(self, column: Metric) -> Spread | None:
        """Summarise one column over the valid trials of one pass; None where none has it."""
        if column.name not in self._spreads:
            self._spreads[column.name] = spread(self._having(column)[1])
        return self._spreads[column.name]

    def measured(self, column: Metric) -> Sequence[Trial]:
        """The valid trials that a column is taken from: those of one pass, which are never mixed in one number."""
        return self._having(column)[0]

    @cached_property
    def _spreads(self) -> dict[str, Spread | None]:
        return {}

    @cached_property
    def _found(self) -> dict[str, _Numbers]:
        return {}

    def _having(self, column: Metric) -> _Numbers:
        """Find the trials that a column is taken from, and the number of each."""
        if column.name not in self._found:
            pools = [self._drained if kind == "drain" else self._loaded for kind in column.taken_from]
            of_passes = (_numbers(pool[name], column) for pool in pools for name in IN_PASSES if name in pool)
            self._found[column.name] = next((found for found in of_passes if found[1]), ((), ()))
        return self._found[column.name]

    @cached_property
    def _loaded(self) -> dict[str, list[Trial]]:
        return _by_pass(self.valid)

    @cached_property
    def _drained(self) -> dict[str, list[Trial]]:
        return _by_pass(trial for trial in self.drains if trial.valid)

    def disturbed(self, column: Metric) -> bool:
        """Whether a number was taken, in some trial, while the machine was not quiet, and depends on that.

        Under load a late consumer finds more at once, so that what a pass allocates or calls is shared by more events.
        """
        timing = column.timing
        if not self._noisy or not (timing or column.shared):
            return False
        return any(
            trial.disturbed and (timing or trial.setting.trial_kind == "load") for trial in self.measured(column)
        )

    @cached_property
    def _noisy(self) -> bool:
        return any(trial.disturbed for trial in (*self.trials, *self.drains))

    @cached_property
    def disturbed_trials(self) -> int:
        """How many of the trials that `repeated` counts are disturbed."""
        return sum(trial.disturbed for trial in self.timed or self.drains)

    @cached_property
    def repeated(self) -> int:
        """How many trials were made of the pass that rates and losses are taken from, invalid ones included."""
        pool = self.trials or self.drains
        name = next((name for name in IN_PASSES if any(trial.setting.pass_ == name for trial in pool)), None)
        return sum(trial.setting.pass_ == name for trial in pool)

    @cached_property
    def limited_by(self) -> str:
        """What limited most of the trials: consumer, generator, or nothing; nothing only where it is so of each.

        Empty where no loss is known.
        """
        limits = [trial.limited_by or ("nothing" if trial.ledger.lost is not None else "") for trial in self.timed]
        some = [limit for limit in limits if limit not in ("nothing", "")]
        return max(sorted(set(some)), key=some.count) if some else "nothing" if any(limits) else ""

    @cached_property
    def rank(self) -> tuple[float, float, float]:
        """Order rows by their load; under one load, by what is lost, then by what an event costs."""
        loss, cost = self.spread(LOSS_RATIO), self.spread(CPU_PER_EVENT) or self.spread(NS_PER_EVENT)
        load = self.setting.intended_load
        return (
            math.inf if load is None else load,
            loss.median if loss else math.inf,
            cost.median if cost else math.inf,
        )

    def _of_other_pythons(self, how: Callable[[str], str], does: str) -> Doubt | None:
        """Doubt what the versions of the rows beside it count in another way, if any do."""
        counted = tuple(column for column in SCORECARD if column.alike is how and self.spread(column))
        kinds = sorted({how(version) for version in (self.python, *self.other_pythons) if version})
        if not counted or len(kinds) < 2:
            return None
        return Doubt(f"Python {' and '.join(kinds)} {does} differently: not comparable between them", counted)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """What the trials warn of, and what their load and machine call for, each once."""
        every = (*self.trials, *self.drains)
        found = [Doubt(warning) for warning in dict.fromkeys(text for trial in every for text in trial.warnings)]
        if self.timed and self.setting.intended_load is None:
            closed = "closed loop: unpaced, so the rate measures sender and consumer together"
            found.append(Doubt(closed, (CONSUME_RATE,)))
        if self.limited_by == "generator":
            found.append(Doubt("generator-limited: fewer drops were offered than intended", (OFFERED_LOAD,)))
        if self.trials and self.setting.traffic.startswith("synthetic"):
            found.append(Doubt("synthetic load: records made by the kernel in a loop, not by dropped packets"))
        if self.black_box:
            found.append(
                Doubt(
                    f"{shown(self.setting.program or self.setting.mode)} is a black box: only what was sent and "
                    "consumed is known"
                )
            )
        found += [
            Doubt(f"it says that it saw {ledger.consumed:,} and lost {ledger.admitted:,}; it lost {ledger.lost:,}")
            for ledger in (trial.ledger for trial in self.timed)
            if ledger.admitted is not None and ledger.consumed is not None and ledger.lost != ledger.admitted
        ]
        if self.spread(NS_PER_EVENT):
            found.append(Doubt("ns/event drained is measured on synthetic records", (NS_PER_EVENT,), always=True))
        found += [doubt for how, does in _HOW if (doubt := self._of_other_pythons(how, does))]
        if doubtful := tuple(column for column in SCORECARD if self.disturbed(column)):
            found.append(Doubt(DISTURBED, doubtful))
        return tuple(dict.fromkeys(found))


def _by_pass(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    """Gather the trials of each pass."""
    gathered: dict[str, list[Trial]] = {}
    for trial in trials:
        gathered.setdefault(trial.setting.pass_, []).append(trial)
    return gathered


def _numbers(valid: Sequence[Trial], column: Metric) -> _Numbers:
    """Keep of the valid trials of one pass those that count and have a number, beside their numbers."""
    trials = quietest(valid, column)
    values = column.values(trials)
    having = [value is not None for value in values]
    return list(compress(trials, having)), [value for value in values if value is not None]


def quietest(valid: Sequence[Trial], column: Metric) -> Sequence[Trial]:
    """Keep of the valid trials of one pass the quietest, as many as there are without repetitions.

    What is exact however the machine was, is taken from all. Which trials count, nothing that was measured decides.
    """
    if not (column.timing or column.shared) or all(trial.repeats is None for trial in valid):
        return valid
    wanted = {(trial.session, trial.number if trial.repeats is None else trial.repeats) for trial in valid}
    return sorted(sorted(valid, key=doubt)[: len(wanted)], key=lambda trial: (trial.session, trial.number))


def rows(trials: Iterable[Trial], sessions: Sequence[Session] | None = None) -> list[Row]:
    """Group trials by consumer and load; under one load, what loses least comes first, then what costs least.

    Without sessions the trials are taken for one session's.
    """
    origins = None if sessions is None else Origins(sessions)
    loads: dict[_Key, list[Trial]] = {}
    drains: dict[_Key, list[Trial]] = {}
    # Of a file's many trials those of the same setting share one, which is looked up once.
    known: dict[tuple[int, str, str | None], list[Trial]] = {}
    for trial in trials:
        of_setting = (id(trial.setting), trial.session, trial.arm)
        if of_setting not in known:
            setting, origin = trial.setting, origins.of(trial) if origins else 0
            if trial.arm is not None and setting.pass_ == "sampled":
                known[of_setting] = []  # what a check looked into once it was decided, with a ring of its own
            elif setting.trial_kind == "drain":
                known[of_setting] = drains.setdefault((_consumer(setting), trial.arm, origin), [])
            else:
                known[of_setting] = loads.setdefault((_under_load(setting), trial.arm, origin), [])
        known[of_setting].append(trial)
    loaded = {(_consumer(setting), arm, origin) for setting, arm, origin in loads}
    only_drained: dict[_Key, list[Trial]] = {
        (_under_load(max(group, key=_records).setting), key[1], key[2]): []
        for key, group in drains.items()
        if key not in loaded
    }
    groups = {**loads, **only_drained}
    names = labels(dict.fromkeys(setting for setting, _, _ in groups))
    of_side: dict[tuple[str, str | None], dict[int, None]] = {}
    for setting, arm, origin in groups:
        of_side.setdefault((setting.mode, arm), {})[origin] = None
    said = {side: origins.names(list(numbers)) if origins else {} for side, numbers in of_side.items()}
    found = []
    for (setting, arm, origin), group in groups.items():
        words = said[setting.mode, arm].get(origin, "")
        its_drains = tuple(_largest(drains.get((_consumer(setting), arm, origin), [])))
        python = setting.python or (origins.python(origin) if origins else "")
        found.append(Row(_full(names[setting], arm, words), setting, tuple(group), its_drains, arm, words, python))
    pythons = {row.python for row in found if row.python}
    if len(pythons) > 1:
        found = [replace(row, other_pythons=tuple(pythons - {row.python})) for row in found]
    return sorted(found, key=lambda row: (row.setting.traffic, *row.rank, row.label))


def consumers(found: Iterable[Row]) -> dict[str, list[Row]]:
    """Gather rows that differ in their load alone under one label, from the lowest load to the highest."""
    listed = list(found)
    names = labels(dict.fromkeys(replace(row.setting, intended_load=None) for row in listed))
    gathered: dict[str, list[Row]] = {}
    for row in listed:
        label = _full(names[replace(row.setting, intended_load=None)], row.arm, row.origin)
        gathered.setdefault(label, []).append(row)
    for group in gathered.values():
        group.sort(key=lambda row: math.inf if row.setting.intended_load is None else row.setting.intended_load)
    return gathered


def _full(label: str, arm: str | None, origin: str) -> str:
    return " ".join(filter(None, (label, arm and f"({arm})", origin and f"[{origin}]")))


def total(trials: Iterable[Trial]) -> dict[str, int]:
    """Add up the ledgers of some trials, count by count; a count that any of them lacks is left out."""
    columns = zip(*(_counts(trial.ledger) for trial in trials), strict=True)
    return {name: sum(counts) for name, counts in zip(COUNTS, columns, strict=False) if None not in counts}


def total_by_cpu(trials: Iterable[Trial]) -> dict[int, dict[str, int]]:
    """Add up the ledgers of each CPU, where trials have them."""
    totals: dict[int, Counter[str]] = {}
    for trial in trials:
        for row in cpus(trial):
            counts = totals.setdefault(row["cpu"], Counter())
            counts.update({name: row[name] for name in COUNTS if name in row})
            counts.update({"offered": row["drops_expected"]} if "drops_expected" in row else {})
    return {cpu: dict(counts) for cpu, counts in sorted(totals.items())}


@lru_cache(maxsize=1024)
def _consumer(setting: Setting) -> Setting:
    """Keep of a setting only what handles an event: the key that joins load and drain trials, which never wait."""
    return replace(
        setting, wait="epoll", wakeup=None, interval_ns=None, traffic="", trial_kind="drain", pass_="timed",
        ring_size_bytes=None, producers=1, sender=None, shape="", intended_load=None, duration_s=None,
        drain_records=None, stall_s=None,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _under_load(setting: Setting) -> Setting:
    """Keep of a setting all but the pass and how long it lasted."""
    return replace(setting, pass_="timed", duration_s=None)


def _largest(drains: Sequence[Trial]) -> list[Trial]:
    """Of drain trials of several sizes, keep the largest of each pass: the fixed costs weigh least there."""
    most = {name: max(map(_records, own)) for name, own in _by_pass(drains).items()}
    return [trial for trial in drains if _records(trial) == most[trial.setting.pass_]]


def _records(trial: Trial) -> int:
    return trial.setting.drain_records or 0
