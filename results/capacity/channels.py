"""Which channel should carry the events? The size that each needs is found, then what each costs its producers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from results import units
from results.capacity.advice import Advice, AdvicePlan, advise
from results.errors import BadInput
from results.metrics import EMIT_PER_EVENT, PROGRAM_PER_EVENT, Metric
from results.plan import Ask, Step, in_blocks
from results.statistics.spread import Spread, spread
from results.trial import Pass, Setting

# How long a trial lasts that times the producers.
COST_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsPlan:
    """One consumer by several channels, at one load and through one stall."""

    plans: tuple[AdvicePlan, ...]

    def __post_init__(self) -> None:
        if len({(plan.setting.mode, plan.setting.reader) for plan in self.plans}) != 1:
            raise BadInput("--advise is about one consumer: name one --mode and one --reader")

    @property
    def usual_trials(self) -> int:
        """Estimate how many trials there are."""
        return sum(plan.usual_trials + plan.trials for plan in self.plans)

    def answer(self, ask: Ask, seed: int) -> ChannelAdvice:
        """Find the size of each, then time the producers by those that hold, in blocks."""
        found: dict[str, Advice | str] = {}
        for plan in self.plans:
            try:
                found[plan.setting.channel] = advise(plan, ask)
            except RuntimeError as error:
                found[plan.setting.channel] = str(error)
        advices = {name: advice for name, advice in found.items() if isinstance(advice, Advice)}
        timed = {name: _timing(advice) for name, advice in advices.items()}
        costs: dict[str, list[float]] = {name: [] for name in timed}
        for block, setting in in_blocks([*timed.values()], self.plans[0].trials, seed) if timed else ():
            trial = ask(Step(setting, block))
            cost = _metric(setting).value(trial)
            if trial.valid and cost is not None:
                costs[setting.channel].append(cost)
        candidates = tuple(Candidate(advice=advices[name], cost_ns=spread(costs[name])) for name in timed)
        return ChannelAdvice(
            candidates=candidates, wrong={name: why for name, why in found.items() if isinstance(why, str)}
        )

    def to_json(self) -> dict[str, Any]:
        return {"channels": [plan.to_json() for plan in self.plans]}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> ChannelsPlan:
        return cls(plans=tuple(AdvicePlan.from_json(each) for each in plan["channels"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A channel that holds, in the size that it needs, and the ns that an event costs its producers."""

    advice: Advice
    cost_ns: Spread | None

    @property
    def channel(self) -> str:
        return self.advice.plan.setting.channel

    @property
    def size_bytes(self) -> int:
        return self.advice.advised.size_bytes

    def costs_no_more_than(self, other: Candidate) -> bool:
        """Tell whether the intervals of their costs overlap, or this one's is below."""
        if self.cost_ns is None or other.cost_ns is None:
            return self.cost_ns is other.cost_ns
        return self.cost_ns.low <= other.cost_ns.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAdvice:
    """What was found of each channel; `wrong` says why one is out of the question."""

    candidates: tuple[Candidate, ...]
    wrong: Mapping[str, str]

    @property
    def best(self) -> Candidate | None:
        """The cheapest for its producers; of those that cannot be told apart, the smallest."""
        alike = self.alike()
        return min(alike, key=lambda each: each.size_bytes) if alike else None

    def alike(self) -> Sequence[Candidate]:
        """Return the cheapest, and all whose cost cannot be told from its."""
        timed = [each for each in self.candidates if each.cost_ns is not None]
        if not timed:
            return self.candidates
        cheapest = min(timed, key=lambda each: each.cost_ns.median if each.cost_ns else 0.0)
        return [each for each in timed if each.costs_no_more_than(cheapest)]

    def sentences(self) -> list[str]:
        """Say which channel is advised, and why: what is lost, what it costs producers, how much memory it takes."""
        best = self.best
        said = [f"{name} cannot be used: {why}." for name, why in self.wrong.items()]
        if best is None:
            return [*said, "No channel is advised: none held."]
        alike = [each for each in self.alike() if each is not best]
        others = " and ".join(each.channel for each in alike)
        reason = "and it costs producers least"
        if best.cost_ns is None:
            reason = "and no other takes less memory (the cost to producers could not be measured at this load)"
        elif alike:
            memory = "less" if best.size_bytes < min(each.size_bytes for each in alike) else "no more"
            reason = f"its cost to producers is not distinguishable from that of {others}, and it takes {memory} memory"
        held = best.advice.advised
        return [
            *said,
            f"Advised: --channel {best.channel} --ring-size {best.size_bytes} ({units.size(best.size_bytes)}), since "
            f"nothing was lost in {held.held} of {held.trials} trials, {reason}.",
        ]


def _timing(advice: Advice) -> Setting:
    """Return the setting in which a channel's producers are timed: no stall, the size that holds."""
    setting = advice.plan.setting
    pass_: Pass = "timed" if setting.sender == "synthetic" else "kernel"
    return dataclasses.replace(
        setting, ring_size_bytes=advice.advised.size_bytes, stall_s=None, duration_s=COST_S, pass_=pass_
    )


def _metric(setting: Setting) -> Metric:
    return EMIT_PER_EVENT if setting.sender == "synthetic" else PROGRAM_PER_EVENT
