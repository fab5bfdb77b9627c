"""What a check gates, fixed before its first trial: metrics with their margins, alpha, and when it looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import expm1
from typing import Any, Literal, Self, get_args

from results import units
from results.errors import BadInput, unknown
from results.metrics import GATES, METRICS, Gate, Metric, named
from results.statistics.signed_rank import smallest_p


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """One hypothesis: this metric of this mode is no worse than delta.

    `excluded_because` says why it is measured and shown but not judged; it then takes no part in Holm's correction,
    which is fair because it is decided before the first trial.
    """

    mode: str
    metric: Metric
    gate: Gate
    excluded_because: str | None = None

    def told(self, effect: float) -> str:
        """Write an effect, as block values hold it: more by a share, or by percentage points."""
        if self.gate.scale == "ratio":
            return units.percent(expm1(effect))
        return f"{effect * 100:.3f} pp"

    def to_json(self) -> dict[str, object]:
        metric = {"name": self.metric.name, **self.gate.to_json()}
        return {"mode": self.mode, "metric": metric, "excluded_because": self.excluded_because}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        gate = {name: value for name, value in row["metric"].items() if name != "name"}
        return cls(
            mode=row["mode"],
            metric=named(row["metric"]["name"]),
            gate=Gate.from_json(gate),
            excluded_because=row["excluded_because"],
        )


Scope = Literal["class", "host"]
"""Of what a fleet's verdicts are: of each class of hosts, by all its blocks together, or of each host by its own."""

MOST_BLOCKS = 100_000
MOST_MARGIN = 1000.0
LONGEST_BUDGET_S = 366 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePlan:
    """All that a verdict depends on besides the trials.

    `looks` are numbers of valid blocks, rising; alpha is split evenly over them, so that all looks together raise a
    false alarm with at most that chance. A verdict reached at one look is final. With a budget there are none until it
    is used up, and then there is one (results/check/budget.py).

    With a `scope` it is a fleet's: each host runs the blocks of one look and decides nothing; the verdicts are those of
    all hosts together (fleet.py), and whether they can be reached depends on how many there are.
    """

    alpha: float
    looks: tuple[int, ...]
    gated: tuple[Gated, ...]
    budget_s: float | None = None
    scope: Scope | None = None

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        if not self.gated:
            raise BadInput("nothing is gated; name a metric that the mode has")
        if self.budget_s is not None:
            check_budget(self.budget_s)
        for gated in self.gated:
            check_margin(gated.metric.name, gated.gate.margin)
        if self.scope not in (None, *get_args(Scope)):
            raise BadInput(f"a verdict is of a class of hosts or of a host, not of a {self.scope}")
        if self.scope is not None and (len(self.looks) > 1 or self.budget_s is not None):
            raise BadInput("all hosts of a fleet run the same number of blocks, and there is one look: pass --blocks N")
        if self.budget_s is not None and not self.looks:
            return
        check_looks(self.looks)
        if self.scope is not None:
            return
        if self.looks[0] < self.fewest:
            raise BadInput(
                f"{self.looks[0]} blocks can never fail: with {self.family_size} metrics gated and alpha "
                f"{self.alpha_per_look:g} a look, every look needs at least {self.fewest} blocks; pass "
                f"--blocks {self.fewest} or more, or gate fewer metrics"
            )

    @property
    def alpha_per_look(self) -> float:
        return self.alpha / max(1, len(self.looks))

    @property
    def fewest(self) -> int:
        """How many blocks a look needs, to be able to fail."""
        return fewest_blocks(self.family_size, self.alpha_per_look)

    @property
    def family_size(self) -> int:
        """How many hypotheses Holm's correction is over."""
        return sum(gated.excluded_because is None for gated in self.gated)

    @property
    def spare_blocks(self) -> int:
        """How many blocks of one comparison may turn out invalid before the check gives up: half as many again."""
        return max(4, self.looks[-1] // 2) if self.looks else 4

    def to_json(self) -> dict[str, object]:
        row = {"alpha": self.alpha, "looks": list(self.looks), "gated": [one.to_json() for one in self.gated]}
        said = {"budget_s": self.budget_s, "scope": self.scope}
        return row | {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read a stored plan. Raises KeyError or TypeError for what is none, BadInput for one that cannot gate."""
        return cls(
            alpha=row["alpha"],
            looks=tuple(row["looks"]),
            gated=tuple(map(Gated.from_json, row["gated"])),
            budget_s=row.get("budget_s"),
            scope=row.get("scope"),
        )


def looks_of(plan: GatePlan) -> str:
    """Say when a plan looks."""
    if plan.budget_s is not None:
        return f"one, when {units.seconds(plan.budget_s)} were used up"
    if plan.scope is not None:
        return f"one, after {plan.looks[0]} blocks on each host"
    return f"planned after {' and '.join(map(str, plan.looks))} blocks"


def check_alpha(alpha: float) -> None:
    """Raise BadInput for what is no chance of an error."""
    if not 0 < alpha < 0.5:
        raise BadInput(f"alpha is {alpha:g}; it must lie between 0 and 0.5")


def check_looks(looks: Sequence[int]) -> None:
    """Raise BadInput for what are no numbers of blocks, one after the other."""
    if not looks or list(looks) != sorted(set(looks)) or looks[0] < 1:
        raise BadInput(f"looks are numbers of blocks that rise, as in --blocks 10,20, not {list(looks)}")
    if looks[-1] > MOST_BLOCKS:
        raise BadInput(f"--blocks are at most {MOST_BLOCKS}; they are {list(looks)}")


def check_budget(budget_s: float) -> None:
    """Raise BadInput for a time that no check can be given."""
    if not 0 < budget_s <= LONGEST_BUDGET_S:
        raise BadInput(f"--budget is above 0 s, at most {LONGEST_BUDGET_S:g}; it is {budget_s:g}")


def check_margin(name: str, margin: float) -> None:
    """Raise BadInput for how much worse nothing can be."""
    if not 0 < margin <= MOST_MARGIN:
        raise BadInput(f"the margin of {name} (--delta) is {margin:g}; it must be above 0, at most {MOST_MARGIN:g}")


def check_metric(name: str) -> None:
    """Raise BadInput for a metric that cannot be gated."""
    if name not in GATES:
        raise unknown(f"no metric {name!r} can be gated; there are {', '.join(GATES)}", name, GATES)


def fewest_blocks(family_size: int, alpha_per_look: float) -> int:
    """Return how many blocks a look needs so that the most extreme outcome passes Holm's first step."""
    blocks = 1
    while smallest_p(blocks) > alpha_per_look / max(family_size, 1):
        blocks += 1
    return blocks


def default_looks(family_size: int, alpha: float) -> tuple[int, int]:
    """Choose two looks: the fewest blocks and two to spare, so that one or two odd blocks hide nothing; then twice.

    Raises BadInput for an alpha that is none.
    """
    check_alpha(alpha)
    first = fewest_blocks(family_size, alpha / 2) + 2
    return first, 2 * first


def gated(mode: str, name: str, margin: float | None = None) -> Gated:
    """Gate a metric of a mode, with another margin if one is given. Raises BadInput for what cannot be gated."""
    check_metric(name)
    gate = GATES[name] if margin is None else replace(GATES[name], margin=margin)
    return Gated(mode=mode, metric=METRICS[name], gate=gate)
