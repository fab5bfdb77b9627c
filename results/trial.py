"""What a trial is: its setting, its ledger, its metrics, and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from itertools import repeat
from typing import Any, Literal

from results.foreign import Foreign
from results.ledger import Ledger
from results.line import fit, listed
from results.windows import Windows

TrialKind = Literal["load", "drain"]
Pass = Literal["timed", "latency", "kernel", "allocation", "instructions", "sampled"]
Collector = Literal["on", "off", "freeze"]
ObjectKind = Literal["dataclass", "tuple", "dict"]

# History of the result file's format. A reader accepts every version up to its own.
#   1  the first
#   2  `disturbed_because`, apart from `invalid_because`: before, a machine that was not quiet made a trial invalid
#   3  `windows`: a trial may be one half of a pair, measured by turns with the other
#   4  `program`: a user's own, and what a black box does not count is null (`observed`, `offered`, `lost`)
#   5  `python`: the interpreter of a trial's consumer, where it is not the one of its session
SCHEMA_VERSION = 5

# Fields of a setting that came after the first files were written: where one is absent, its default is what held.
LATER = frozenset({
    "channel", "when_full", "producers", "stall_s", "handicap", "windows", "object_kind", "window_events", "program",
    "python", "foreign",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What was asked for: two trials with equal settings are repetitions of each other.

    `channel` is what carries the events out of the kernel (bpf/channels); `when_full` is what it does with a record for
    which it has no room, where that can be chosen: drop it, or overwrite the oldest.
    `producers` is from how many CPUs at once the load comes.
    `object_kind` is what a mode makes of each event, `window_events` how many of the last it keeps; None: it does not.
    `gc` is what Python's collector does: it is on, off, or leaves alone what was there before the first event (freeze).
    `intended_load` is drops per second, None for "as fast as it goes" (closed loop).
    `duration_s` is None for drain trials, whose size is `drain_records`.
    `stall_s` is for how long the consumer is stopped once in the middle of a trial, whatever waits.
    `handicap` slows the consumer by a stated amount, to see whether a check finds it (harness/consumer/handicap.py).
    `program` is the file of a user's own program, in place of bench's.
    `python` is the version of the interpreter that runs the consumer, where that is not bench's own.
    `foreign` says how another's command is read, that the mode names in place of one of ours; nothing is known of how
    it waits or what carries its events.
    `windows` is in how many windows the trial is measured, by turns with the other arm's: `drain_records`, or
    `duration_s`, is then of one window.
    """

    mode: str
    reader: Literal["batch", "callback", "compiled"] | None
    wait: Literal["epoll", "busy", "backoff", "paced", "interval"] | None
    traffic: str
    trial_kind: TrialKind = "load"
    pass_: Pass = "timed"
    decode: str | None = None
    format: str | None = None
    wakeup: str | None = "adaptive"
    interval_ns: int | None = None
    object_kind: ObjectKind | None = None
    window_events: int | None = None
    gc: Collector = "on"
    channel: str = "ring"
    when_full: Literal["drop", "overwrite"] | None = None
    ring_size_bytes: int | None = None
    producers: int = 1
    sender: str | None = None
    shape: str = "constant"
    intended_load: float | None = None
    duration_s: float | None = None
    drain_records: int | None = None
    stall_s: float | None = None
    handicap: str | None = None
    windows: int | None = None
    program: str | None = None
    python: str | None = None
    foreign: Foreign | None = None

    def to_json(self) -> dict[str, object]:
        row = asdict(self)
        row["pass"] = row.pop("pass_")
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Setting:
        """Read a setting out of a row that may hold more. Raises KeyError or TypeError for what is no setting.

        Of a file's many trials, those of the same setting share one, which is made and checked once.
        """
        values = tuple(map(row.get, _NAMES.values(), repeat(_ABSENT)))
        try:
            # By type too: True is no number, though it equals 1.
            return _shared(values, tuple(map(type, values)))
        except TypeError:
            # A list or an object cannot be looked up: what is wrong with it is said by its field.
            return _fitted(values)


_ABSENT = object()
# The fields of a setting with their names in a file.
_NAMES = {f.name: "pass" if f.name == "pass_" else f.name for f in fields(Setting)}


def _fitted(values: Sequence[Any]) -> Setting:
    found = {each: value for each, value in zip(_NAMES, values, strict=True) if value is not _ABSENT}
    for each, name in _NAMES.items():
        if each not in found and name not in LATER:
            raise KeyError(name)
    if isinstance(found.get("foreign"), Mapping):
        found["foreign"] = Foreign.from_json(found["foreign"])
    # The first files name no channel: there was one ring, or none and the aggregation map.
    found.setdefault("channel", "map" if found["ring_size_bytes"] is None else "ring")
    setting = Setting(**found)
    fit(setting)
    return setting


@lru_cache(maxsize=1024)
def _shared(values: Sequence[Any], _types: Sequence[type]) -> Setting:
    return _fitted(values)


_COUNTS = tuple(f.name for f in fields(Ledger))
# As LATER: nothing was overwritten before anything could be.
LATER_COUNTS = frozenset({"overwritten", "admitted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial, as it stands in one line of the result file.

    `arm` is the side of a check's block that the trial belongs to: A the baseline, B the candidate; None elsewhere.
    `metrics` holds numbers by the names of docs/metrics.md, units in the name; one that could not be read is not in it,
    and `absent` says why. `disturbed_because` says in what the machine was not quiet: the counts of such a trial are
    exact and count, its timings are doubtful. `series` holds what is not one number (histograms, a timeline,
    allocation sites).
    `repeats` is the number of the trial that this one was made for, since the machine had spoilt that.
    `windows` are there where the setting says so: the ledger is then that of all of them together, and a time among the
    metrics is the median of theirs.
    Times in `first_offered_ns` and `last_consumed_ns` are CLOCK_MONOTONIC.
    """

    session: str
    number: int
    block: int
    arm: Literal["A", "B"] | None = None
    started_at: str
    setting: Setting
    ledger: Ledger
    first_offered_ns: int
    last_offered_ns: int
    last_consumed_ns: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    witness: Mapping[str, int] = field(default_factory=dict)
    series: Mapping[str, Any] = field(default_factory=dict)
    invalid_because: tuple[str, ...] = ()
    disturbed_because: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    limited_by: Literal["consumer", "generator"] | None = None
    repeats: int | None = None
    windows: Windows | None = None

    @property
    def valid(self) -> bool:
        return not self.invalid_because

    @property
    def disturbed(self) -> bool:
        """Whether the ledger balances, and yet its timings are doubtful since the machine was not quiet."""
        return self.valid and bool(self.disturbed_because)

    @property
    def offered_load(self) -> float | None:
        """Drops per second that really reached the hook, over the time that the generator was to send, or took.

        None for a single drop: it has no rate.
        """
        offered, span_ns = self.ledger.offered, self._span_ns(self.last_offered_ns)
        if self.windows is not None and self.setting.duration_s is not None:
            span_ns = self.setting.duration_s * 1e9 * len(self.windows.began_ns)
        return offered * 1e9 / span_ns if offered is not None and span_ns > 0 and offered != 1 else None

    @property
    def consume_rate(self) -> float | None:
        """Records per second from the first drop offered to the last one consumed, the drain included.

        Over no less than the time that the generator was to send; None for a single record.
        """
        consumed, span_ns = self.ledger.consumed, self._span_ns(self.last_consumed_ns)
        return consumed * 1e9 / span_ns if consumed is not None and span_ns > 0 and consumed != 1 else None

    def _span_ns(self, last_ns: int) -> float:
        """Measure from the first drop to a last moment: in an open loop the silence after the last frame belongs to it.

        (The first of two frames per second, or a burst, is over at once: its own time would make a rate of any height.)
        """
        if self.windows is not None:  # between them, it was the other arm's turn
            return 0
        span_ns = last_ns - self.first_offered_ns
        setting = self.setting
        if span_ns <= 0 or setting.intended_load is None or setting.duration_s is None:
            return span_ns
        return max(span_ns, setting.duration_s * 1e9)

    @property
    def ns_per_event(self) -> float | None:
        """Drain trials that no emulator runs: nanoseconds that the consumer alone needs per event."""
        if self.setting.trial_kind != "drain" or self.setting.pass_ == "instructions" or not self.ledger.consumed:
            return None
        if self.windows is not None:
            return self.metrics.get("ns_per_event")
        return (self.last_consumed_ns - self.first_offered_ns) / self.ledger.consumed

    @property
    def loss_in_gc_ratio(self) -> float | None:
        """Which part of the loss lies in pauses of the collector, of what looks from outside can see of it."""
        return self._part("loss_in_gc", (self.ledger.lost or 0) - (self.ledger.missed or 0))

    @property
    def offered_in_gc_ratio(self) -> float | None:
        """Which part of the drops was offered in them."""
        return self._part("offered_in_gc", self.ledger.observed)

    def _part(self, name: str, whole: int | None) -> float | None:
        """Return a measured count as a share; None where there is nothing to have a share of."""
        part = self.metrics.get(name)
        return part / whole if part is not None and whole else None

    def to_json(self) -> dict[str, object]:
        """Make the trial's line of the result file; derived numbers are added for those who read it without us."""
        ledger = self.ledger
        return {
            "type": "trial",
            "session": self.session,
            "number": self.number,
            "block": self.block,
            "arm": self.arm,
            "started_at": self.started_at,
            **self.setting.to_json(),
            **asdict(ledger),
            "missed": ledger.missed,
            "offered": ledger.offered,
            "lost": ledger.lost,
            "loss_ratio": ledger.loss_ratio,
            "first_offered_ns": self.first_offered_ns,
            "last_offered_ns": self.last_offered_ns,
            "last_consumed_ns": self.last_consumed_ns,
            "offered_load": self.offered_load,
            "consume_rate": self.consume_rate,
            "ns_per_event": self.ns_per_event,
            "metrics": dict(self.metrics),
            "absent": dict(self.absent),
            "witness": dict(self.witness),
            "series": dict(self.series),
            "valid": self.valid,
            "invalid_because": list(self.invalid_because),
            "disturbed_because": list(self.disturbed_because),
            "warnings": list(self.warnings),
            "limited_by": self.limited_by,
            **({} if self.repeats is None else {"repeats": self.repeats}),
            **({} if self.windows is None else {"in_windows": self.windows.to_json()}),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Trial:
        """Read a trial's line. Raises KeyError or TypeError for what is no trial; derived fields are computed anew."""
        return cls(
            session=row["session"],
            number=row["number"],
            block=row["block"],
            arm=row.get("arm"),
            started_at=row["started_at"],
            setting=Setting.from_json(row),
            ledger=Ledger(**{name: row[name] for name in _COUNTS if name in row or name not in LATER_COUNTS}),
            first_offered_ns=row["first_offered_ns"],
            last_offered_ns=row["last_offered_ns"],
            last_consumed_ns=row["last_consumed_ns"],
            metrics=row["metrics"],
            absent=row["absent"],
            witness=row["witness"],
            series=row["series"],
            invalid_because=listed("invalid_because", row["invalid_because"]),
            disturbed_because=listed("disturbed_because", row.get("disturbed_because", [])),
            warnings=listed("warnings", row["warnings"]),
            limited_by=row["limited_by"],
            repeats=row.get("repeats"),
            windows=None if row.get("in_windows") is None else Windows.from_json(row["in_windows"]),
        )
