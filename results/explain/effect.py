"""How much one variant differs from another, block by block: an estimate with its interval."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log

from results.explain.plan import ExplainPlan
from results.statistics.signed_rank import hodges_lehmann, lower_bound, upper_bound
from results.trial import Trial

# Of each side: the interval holds the true ratio with 95 %.
TAIL = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A ratio of two variants' speeds with its interval of 95 %; `blocks` gave it. No block: all are None.

    `doubtful`: the machine was not quiet in some of their trials.
    """

    ratio: float | None
    low: float | None
    high: float | None
    blocks: int
    doubtful: bool = False

    @property
    def known(self) -> bool:
        """Whether there is an interval that ends on both sides."""
        return self.low is not None and self.high is not None and self.low > 0 and self.high < float("inf")


@dataclass(frozen=True, slots=True)
class Experiment:
    """The trials of a session by block and variant, and those that were looked into by variant."""

    plan: ExplainPlan
    blocks: tuple[Mapping[str, Trial], ...]
    looks: Mapping[str, tuple[Trial, ...]]
    invalid: tuple[Trial, ...]

    def speeds(self, variant: str) -> list[float]:
        """Return a variant's speeds in all blocks that have it."""
        found = [speed(block[variant]) for block in self.blocks if variant in block]
        return [value for value in found if value is not None]

    def doubtful(self, *variants: str) -> bool:
        """Tell whether the machine was not quiet in a trial of some variants."""
        return any(block[name].disturbed for block in self.blocks for name in variants if name in block)

    def effect(self, variant: str, against: str) -> Effect:
        """Compare two variants within each block that has valid trials of both."""
        logs = []
        for block in self.blocks:
            if variant in block and against in block:
                ours, theirs = speed(block[variant]), speed(block[against])
                if ours and theirs:
                    logs.append(log(ours / theirs))
        if not logs:
            return Effect(ratio=None, low=None, high=None, blocks=0)
        return Effect(
            ratio=exp(hodges_lehmann(logs)),
            low=exp(lower_bound(logs, TAIL)),
            high=exp(upper_bound(logs, TAIL)),
            blocks=len(logs),
            doubtful=self.doubtful(variant, against),
        )


def experiment(plan: ExplainPlan, trials: Iterable[Trial]) -> Experiment:
    """Sort a session's trials; what is invalid is set aside."""
    names = {repr(setting): name for name, setting in plan.variants.items()}
    looked_into = {repr(setting): name for name, setting in plan.looked_into.items()}
    blocks: dict[int, dict[str, Trial]] = {}
    looks: dict[str, list[Trial]] = {}
    invalid = []
    for trial in trials:
        known_by = repr(trial.setting)
        if not trial.valid:
            invalid.append(trial)
        elif known_by in names:
            blocks.setdefault(trial.block, {})[names[known_by]] = trial
        elif known_by in looked_into:
            looks.setdefault(looked_into[known_by], []).append(trial)
    return Experiment(
        plan,
        tuple(blocks[number] for number in sorted(blocks)),
        {name: tuple(found) for name, found in looks.items()},
        tuple(invalid),
    )


def speed(trial: Trial) -> float | None:
    """Return events per second: offered in a closed loop, consumed in an open one, of the consumer alone in a drain."""
    if trial.setting.trial_kind == "drain":
        return 1e9 / trial.ns_per_event if trial.ns_per_event else None
    return trial.offered_load if trial.setting.intended_load is None else trial.consume_rate
