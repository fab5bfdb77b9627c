"""The scorecard: for each consumer under each load, the median of its valid trials and their spread."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from results import units
from results.column import CPU_PER_EVENT, LOSS_RATIO, NS_PER_EVENT, Column
from results.spread import Spread, spread
from results.trial import Setting, Trial

# The fields of a setting that make a consumer what it is, whatever load is put on it, in the order of labels.
_OWN = ("mode", "reader", "wait", "decode", "format", "wakeup", "interval_ns", "gc")
_LOAD = ("traffic", "ring_size_bytes", "sender", "shape", "intended_load")

# The counts of a ledger in the order in which a drop meets them.
COUNTS = (
    "sent", "refused", "observed", "skipped", "missed", "offered", "submitted", "reserve_failed", "aggregated",
    "map_full", "consumed", "unread", "lost",
)  # fmt: skip

# A number is read in the pass that disturbs it least: the first of these that has it.
_PASSES = ("timed", "latency", "kernel", "allocation")


@dataclass(frozen=True, slots=True)
class Row:
    """One consumer under one load: its trials of every pass, and its drain trials."""

    label: str
    setting: Setting
    trials: tuple[Trial, ...]
    drains: tuple[Trial, ...]

    @property
    def valid(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.valid)

    @property
    def invalid(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in (*self.trials, *self.drains) if not trial.valid)

    @property
    def timed(self) -> tuple[Trial, ...]:
        """The valid trials of the least disturbed pass there is: those that rates and losses are taken from."""
        for name in _PASSES:
            if found := tuple(trial for trial in self.valid if trial.setting.pass_ == name):
                return found
        return ()

    def spread(self, column: Column) -> Spread | None:
        """Summarise one column over the valid trials of one pass; passes are never mixed in one number."""
        pool = self.drains if column is NS_PER_EVENT else self.trials
        for name in _PASSES:
            values = [column.value(trial) for trial in pool if trial.valid and trial.setting.pass_ == name]
            if found := spread([value for value in values if value is not None]):
                return found
        return None

    @property
    def limited_by(self) -> str:
        """What limited most of the trials: consumer, generator, or nothing."""
        limits = [trial.limited_by or "nothing" for trial in self.timed]
        return max(sorted(set(limits)), key=limits.count, default="")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the trials warn of, and what their number and load call for, each once."""
        found = dict.fromkeys(warning for trial in (*self.trials, *self.drains) for warning in trial.warnings)
        if self.timed and self.setting.trial_kind == "load" and self.setting.intended_load is None:
            found["closed loop: unpaced, so the rate measures sender and consumer together"] = None
        if self.limited_by == "generator":
            found["generator-limited: fewer drops were offered than intended"] = None
        return tuple(found)


def rows(trials: Iterable[Trial]) -> list[Row]:
    """Group trials by consumer and load; under one load, what loses least comes first, then what costs least."""
    loads: dict[Setting, list[Trial]] = {}
    drains: dict[Setting, list[Trial]] = {}
    for trial in trials:
        if trial.setting.trial_kind == "drain":
            drains.setdefault(_consumer(trial.setting), []).append(trial)
        else:
            loads.setdefault(_under_load(trial.setting), []).append(trial)
    loaded = {_consumer(setting) for setting in loads}
    only_drained = {group[0].setting: () for consumer, group in drains.items() if consumer not in loaded}
    groups: dict[Setting, Sequence[Trial]] = {**loads, **only_drained}
    names = labels(groups)
    found = [
        Row(names[setting], setting, tuple(group), tuple(_largest(drains.get(_consumer(setting), []))))
        for setting, group in groups.items()
    ]
    return sorted(found, key=_rank)


def consumers(found: Iterable[Row]) -> dict[str, list[Row]]:
    """Gather rows that differ in their load alone under one label, from the lowest load to the highest."""
    listed = list(found)
    keys = list(dict.fromkeys(replace(row.setting, intended_load=None) for row in listed))
    names = labels(keys)
    gathered: dict[str, list[Row]] = {names[key]: [] for key in keys}
    for row in listed:
        gathered[names[replace(row.setting, intended_load=None)]].append(row)
    for group in gathered.values():
        group.sort(key=lambda row: row.setting.intended_load or math.inf)
    return gathered


def labels(settings: Iterable[Setting]) -> dict[Setting, str]:
    """Name settings as briefly as tells them apart: the mode, then whatever differs among those of that mode."""
    listed = list(settings)
    names = {}
    for setting in listed:
        peers = [each for each in listed if each.mode == setting.mode]
        differing = [name for name in (*_OWN[1:], *_LOAD) if len({getattr(each, name) for each in peers}) > 1]
        names[setting] = " ".join([setting.mode, *(_word(setting, name) for name in differing)])
    return names


def total(trials: Iterable[Trial]) -> dict[str, int]:
    """Add up the ledgers of some trials, count by count; a count that any of them lacks is left out."""
    listed = [trial.ledger for trial in trials]
    sums = {}
    for name in COUNTS:
        counts = [getattr(ledger, name) for ledger in listed]
        if counts and None not in counts:
            sums[name] = sum(counts)
    return sums


def _rank(row: Row) -> tuple[str, float, float, float, str]:
    loss, cost = row.spread(LOSS_RATIO), row.spread(CPU_PER_EVENT) or row.spread(NS_PER_EVENT)
    return (
        row.setting.traffic,
        math.inf if row.setting.intended_load is None else row.setting.intended_load,
        loss.median if loss else math.inf,
        cost.median if cost else math.inf,
        row.label,
    )


def _word(setting: Setting, name: str) -> str:
    value = getattr(setting, name)
    match name:
        case "intended_load":
            return "max" if value is None else units.rate(value)
        case "ring_size_bytes":
            return "no ring" if value is None else units.size(value)
        case "interval_ns":
            return "" if value is None else units.nanoseconds(value)
        case "gc":
            return f"gc {value}"
    return f"no {name}" if value is None else str(value)


def _consumer(setting: Setting) -> Setting:
    """Keep of a setting only what makes the consumer: the key that joins its load and drain trials."""
    return Setting(**{name: getattr(setting, name) for name in _OWN}, traffic="")


def _under_load(setting: Setting) -> Setting:
    """Keep of a setting all but the pass and how long it lasted."""
    return replace(setting, pass_="timed", duration_s=None)


def _largest(drains: Sequence[Trial]) -> list[Trial]:
    """Of drain trials of several sizes, keep the largest: the fixed costs weigh least there."""
    most = max((trial.setting.drain_records or 0 for trial in drains), default=0)
    return [trial for trial in drains if (trial.setting.drain_records or 0) == most]
