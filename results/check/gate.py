"""What a check gates, fixed before its first trial: metrics with their margins, alpha, and when it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import exp, log1p
from typing import Any, Literal

from results.errors import BadInput
from results.statistics.signed_rank import smallest_p
from results.trial import Pass, TrialKind

Scale = Literal["ratio", "difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric that can be gated: where it is measured, how two arms are compared, how much worse is still the same.

    `margin` is delta: 0.05 on the scale "ratio" is 5 % more; 0.001 on "difference" is 0.1 percentage points more.
    `floor` is added to both sides of a ratio: an amount per event that is as good as nothing, so that counts of zero
    have a ratio too. It is 0 for times.
    """

    name: str
    trial_kind: TrialKind
    pass_: Pass
    scale: Scale
    margin: float
    floor: float = 0.0

    @property
    def limit(self) -> float:
        """The margin on the scale of block values: a logarithm for a ratio."""
        return log1p(self.margin) if self.scale == "ratio" else self.margin

    def shown(self, value: float) -> float:
        """Turn a block value into the ratio that it stands for, or leave the difference that it is."""
        return exp(value) if self.scale == "ratio" else value

    def to_json(self) -> dict[str, object]:
        row = asdict(self)
        row["pass"] = row.pop("pass_")
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Metric:
        return cls(pass_=row["pass"], **{name: value for name, value in row.items() if name != "pass"})


# A thousandth of a call or an object an event is what a reader that works in batches spends on its batches.
_COUNT_FLOOR = 0.001

METRICS = {
    metric.name: metric
    for metric in (
        Metric(name="ns_per_event", trial_kind="drain", pass_="timed", scale="ratio", margin=0.10),
        # Unlike the time by the clock, CPU time does not grow while another process has the CPU.
        Metric(name="drain_cpu_ns_per_event", trial_kind="drain", pass_="timed", scale="ratio", margin=0.05),
        Metric(name="cpu_ns_per_event", trial_kind="load", pass_="timed", scale="ratio", margin=0.05),
        Metric(name="age_p99_ns", trial_kind="load", pass_="latency", scale="ratio", margin=0.25),
        Metric(name="loss_ratio", trial_kind="load", pass_="timed", scale="difference", margin=0.001),
        Metric(
            name="allocations_per_event",
            trial_kind="drain",
            pass_="allocation",
            scale="ratio",
            margin=0.01,
            floor=_COUNT_FLOOR,
        ),
        Metric(
            name="syscalls_per_event",
            trial_kind="drain",
            pass_="kernel",
            scale="ratio",
            margin=0.01,
            floor=_COUNT_FLOOR,
        ),
        Metric(
            name="bytes_written_per_event",
            trial_kind="drain",
            pass_="timed",
            scale="ratio",
            margin=0.01,
            floor=_COUNT_FLOOR,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """One hypothesis: this metric of this mode is no worse than delta.

    `excluded_because` says why it is measured and shown but not judged; it then takes no part in Holm's correction,
    which is fair because it is decided before the first trial.
    """

    mode: str
    metric: Metric
    excluded_because: str | None = None


MOST_BLOCKS = 100_000
MOST_MARGIN = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePlan:
    """All that a verdict depends on besides the trials.

    `looks` are numbers of valid blocks, rising; alpha is split evenly over them, so that all looks together raise a
    false alarm with at most that chance. A verdict reached at one look is final.
    """

    alpha: float
    looks: tuple[int, ...]
    gated: tuple[Gated, ...]

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise BadInput(f"alpha is {self.alpha:g}; it must lie between 0 and 0.5")
        if not self.gated:
            raise BadInput("nothing is gated; name a metric that the mode has")
        if list(self.looks) != sorted(set(self.looks)) or not self.looks:
            raise BadInput(f"looks are numbers of blocks that rise, as in --blocks 10,20, not {self.looks}")
        if self.looks[-1] > MOST_BLOCKS:
            raise BadInput(f"--blocks are at most {MOST_BLOCKS}; they are {self.looks}")
        for gated in self.gated:
            if not 0 < gated.metric.margin <= MOST_MARGIN:
                raise BadInput(
                    f"the margin of {gated.metric.name} (--delta) is {gated.metric.margin:g}; "
                    f"it must be above 0, at most {MOST_MARGIN:g}"
                )
        fewest = fewest_blocks(self.family_size, self.alpha_per_look)
        if self.looks[0] < fewest:
            raise BadInput(
                f"{self.looks[0]} blocks can never fail: with {self.family_size} metrics gated and alpha "
                f"{self.alpha_per_look:g} a look, every look needs at least {fewest} blocks; pass --blocks {fewest} or "
                f"more, or gate fewer metrics"
            )

    @property
    def alpha_per_look(self) -> float:
        return self.alpha / len(self.looks)

    @property
    def family_size(self) -> int:
        """How many hypotheses Holm's correction is over."""
        return sum(gated.excluded_because is None for gated in self.gated)

    @property
    def spare_blocks(self) -> int:
        """How many blocks of one comparison may turn out invalid before the check gives up: half as many again."""
        return max(4, self.looks[-1] // 2)

    def to_json(self) -> dict[str, object]:
        gated = [
            {"mode": one.mode, "metric": one.metric.to_json(), "excluded_because": one.excluded_because}
            for one in self.gated
        ]
        return {"alpha": self.alpha, "looks": list(self.looks), "gated": gated}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> GatePlan:
        """Read a stored plan. Raises KeyError or TypeError for what is none, BadInput for one that cannot gate."""
        gated = tuple(
            Gated(mode=g["mode"], metric=Metric.from_json(g["metric"]), excluded_because=g["excluded_because"])
            for g in row["gated"]
        )
        return cls(alpha=row["alpha"], looks=tuple(row["looks"]), gated=gated)


def fewest_blocks(family_size: int, alpha_per_look: float) -> int:
    """Return how many blocks a look needs so that the most extreme outcome passes Holm's first step."""
    blocks = 1
    while smallest_p(blocks) > alpha_per_look / max(family_size, 1):
        blocks += 1
    return blocks


def default_looks(family_size: int, alpha: float) -> tuple[int, int]:
    """Choose two looks: the fewest blocks and two to spare, so that one or two odd blocks hide nothing; then twice."""
    first = fewest_blocks(family_size, alpha / 2) + 2
    return first, 2 * first


def metric_named(name: str, margin: float | None = None) -> Metric:
    """Return the metric of this name, with another margin if one is given. Raises BadInput for an unknown name."""
    if name not in METRICS:
        raise BadInput(f"no metric {name!r} can be gated; there are {', '.join(METRICS)}")
    return METRICS[name] if margin is None else replace(METRICS[name], margin=margin)
