"""One check on many hosts: each class of them is judged by all their blocks together, or each host by its own.

A block stays within one host and boot, and nothing of one host is ever compared with anything of another. For a class,
the hosts' signed-rank sums are added (statistics/signed_rank.py). What a lost host did not tell counts as p = 1: so no
host, by being lost, makes a verdict more likely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from typing import Self

from results.check.blocks import Block
from results.check.gate import Gated, GatePlan, Scope, fewest_blocks
from results.check.plan import Check
from results.check.verdict import Judgement, Series, Verdict, worst
from results.errors import BadInput
from results.fleet.file import Fleet, HostResult
from results.fleet.plans import plan_of
from results.fleet.shard import Shard
from results.statistics.signed_rank import (
    HolmStep,
    hodges_lehmann_over,
    holm,
    lower_bound_over,
    p_above_over,
    p_below_over,
    upper_bound_over,
)
from results.statistics.spread import Spread, spread

# What a host's own interval leaves out at each end: 95 %, for a reader; nothing is decided by it.
_OF_ONE_HOST = 0.025


@dataclass(frozen=True, slots=True)
class HostCheck:
    """The blocks of one host since one start, of all the `shards` it had; `lost` says why there are none."""

    name: str
    host_class: str
    blocks: tuple[Block, ...] = ()
    lost: str | None = None
    shards: int = 1

    def planned(self, plan: GatePlan) -> int:
        """How many valid blocks it was to run."""
        return plan.looks[-1] * self.shards


@dataclass(frozen=True, slots=True)
class HostEffect:
    """What one host tells of one metric: as many values as were planned, or why there are none that count.

    `estimate`, `low` and `high` are B relative to A on this host, with an interval of 95 %.
    """

    host: HostCheck
    values: tuple[float, ...]
    lost: str | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    median_a: float | None = None
    median_b: float | None = None

    @classmethod
    def of(cls, host: HostCheck, gated: Gated, plan: GatePlan) -> Self:
        wanted = host.planned(plan)
        series = Series.of(gated, host.blocks, plan.spare_blocks * host.shards)
        values = series.values[:wanted]
        if host.lost is not None or len(values) < wanted:
            because = host.lost or series.absent_because or "it has not run them all"
            return cls(host, (), f"{len(series.values)} of {wanted} blocks: {because}")
        ends = (lower_bound_over([values], _OF_ONE_HOST), upper_bound_over([values], _OF_ONE_HOST))
        low, high = (gated.gate.shown(end) if isfinite(end) else None for end in ends)
        estimate = gated.gate.shown(hodges_lehmann_over([values]))
        medians = series.median_of("A", wanted), series.median_of("B", wanted)
        return cls(host, values, None, estimate, low, high, *medians)


@dataclass(frozen=True, slots=True)
class FleetJudgement:
    """What is said of one metric for one unit, a class or a single host, and what each of its hosts says by itself."""

    unit: str
    effects: tuple[HostEffect, ...]
    judgement: Judgement

    @property
    def told(self) -> tuple[HostEffect, ...]:
        """The hosts that have all their blocks."""
        return tuple(each for each in self.effects if each.lost is None)

    @property
    def estimates(self) -> Spread | None:
        """Summarise what these hosts say by themselves, by order statistics; None where there are none."""
        return spread([each.estimate for each in self.told if each.estimate is not None])

    def to_json(self) -> dict[str, object]:
        return {
            **self.judgement.to_json(),
            "unit": self.unit,
            "hosts": [
                {
                    "host": each.host.name,
                    "blocks": len(each.values),
                    "lost": each.lost,
                    "estimate": each.estimate,
                    "low": each.low,
                    "high": each.high,
                    "median_a": each.median_a,
                    "median_b": each.median_b,
                }
                for each in self.effects
            ],
        }


def units_of(hosts: Sequence[HostCheck], scope: Scope) -> dict[str, tuple[HostCheck, ...]]:
    """Gather the hosts that a verdict is of, each class or each host, in their order.

    A lost host of which no class is known is one by itself: it stays in the family, and makes no other's verdict.
    """
    units: dict[str, list[HostCheck]] = {}
    for host in hosts:
        name = host.host_class if scope == "class" and host.host_class else host.name
        units.setdefault(name, []).append(host)
    return {name: tuple(members) for name, members in units.items()}


def refuse_impossible(plan: GatePlan, units: Sequence[int]) -> None:
    """Raise BadInput for a plan that could not fail in one of its units, of so many hosts, however much slower B is."""
    family, blocks, hosts = plan.family_size * len(units), plan.looks[-1], min(units)
    needed = fewest_blocks(family, plan.alpha)
    if blocks * hosts < needed:
        by_class = "" if plan.scope == "class" else ", or judge by class (--scope class)"
        raise BadInput(
            f"{blocks} blocks on a host can never fail: with {family} verdicts and alpha {plan.alpha:g}, each needs "
            f"{needed} blocks at the least, and the fewest hosts that one is of are {hosts}; pass --blocks "
            f"{-(-needed // hosts)} or more, or gate fewer metrics{by_class}"
        )


def default_blocks(plan_family: int, alpha: float, units: Sequence[int]) -> int:
    """Choose the blocks of a host: in each unit twice what can fail, and two to spare; four at the least."""
    wanted = 2 * (fewest_blocks(plan_family * len(units), alpha) + 2)
    return max(4, -(-wanted // min(units)))


def judge_fleet(plan: GatePlan, hosts: Sequence[HostCheck]) -> tuple[FleetJudgement, ...]:
    """Judge each metric of each unit, by Holm over all of them."""
    assert plan.scope is not None
    units = units_of(hosts, plan.scope)
    seen = [
        (name, gated, tuple(HostEffect.of(host, gated, plan) for host in members))
        for gated in plan.gated
        for name, members in units.items()
    ]
    family = [(gated, effects) for _, gated, effects in seen if gated.excluded_because is None]
    steps = iter(holm_over(family, plan))
    alone, needed = plan.alpha / max(len(family), 1), fewest_blocks(len(family), plan.alpha)
    return tuple(
        FleetJudgement(name, effects, _judged(gated, effects, plan, next(steps).level if judged else alone, needed))
        for name, gated, effects in seen
        for judged in [gated.excluded_because is None]
    )


def holm_over(family: Sequence[tuple[Gated, Sequence[HostEffect]]], plan: GatePlan) -> tuple[HolmStep, ...]:
    """Say of each metric of each unit whether B is worse than delta allows: all that a false alarm hangs on."""
    return holm([p_regressed(gated, effects, plan) for gated, effects in family], plan.alpha)


def p_regressed(gated: Gated, effects: Sequence[HostEffect], plan: GatePlan) -> float:
    """Return the chance of sums as high as these, or higher, were B no worse than delta allows on any of the hosts."""
    values, lost = _parted(effects, plan)
    return p_above_over(values, gated.gate.limit, lost)


def _parted(effects: Sequence[HostEffect], plan: GatePlan) -> tuple[list[Sequence[float]], list[int]]:
    """Part the values that there are from the numbers of those that there should be."""
    lost = [each.host.planned(plan) for each in effects if each.lost is not None]
    return [each.values for each in effects if each.lost is None], lost


def _judged(gated: Gated, effects: Sequence[HostEffect], plan: GatePlan, level: float, needed: int) -> Judgement:
    values, lost = _parted(effects, plan)
    regressed, ok = p_regressed(gated, effects, plan), p_below_over(values, gated.gate.limit, lost)
    verdict, because = Verdict.INCONCLUSIVE, gated.excluded_because
    if because is None and regressed <= level:
        verdict = Verdict.REGRESSED
    elif because is None and ok <= plan.alpha:
        verdict = Verdict.OK
    elif because is None:
        because = _undecided(effects, sum(each.host.planned(plan) for each in effects), needed)
    ends = lower_bound_over(values, level, lost), upper_bound_over(values, plan.alpha, lost)
    low, high = (gated.gate.shown(end) if isfinite(end) else None for end in ends)
    return Judgement(
        gated=gated,
        verdict=verdict,
        blocks=sum(map(len, values)),
        estimate=gated.gate.shown(hodges_lehmann_over(values)) if values else None,
        low=low,
        high=high,
        p_regressed=regressed,
        p_ok=ok,
        because=because,
    )


def _undecided(effects: Sequence[HostEffect], blocks: int, needed: int) -> str:
    lost = [each for each in effects if each.lost is not None]
    if len(lost) == len(effects):
        return f"no host has its blocks; {lost[-1].host.name}: {lost[-1].lost}"
    if blocks < needed:
        return f"{blocks} blocks in all can never fail; {needed} are the fewest that can"
    said = "the interval holds the margin's limit"
    return f"{said}; lost, and counted as p = 1: {len(lost)} of {len(effects)} hosts" if lost else said


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutcome:
    """All that a report of a fleet's check says. `result_file` is what `bench verify` takes."""

    plan_id: str
    check: Check
    hosts: tuple[HostCheck, ...]
    judgements: tuple[FleetJudgement, ...]
    made_at: str
    result_file: str

    @property
    def verdict(self) -> Verdict:
        return worst([each.judgement for each in self.judgements])

    def to_json(self) -> dict[str, object]:
        gate = self.check.gate
        return {
            "verdict": self.verdict.value,
            "plan": self.plan_id,
            "scope": gate.scope,
            "arm_a": self.check.arm_a,
            "arm_b": self.check.arm_b,
            "alpha": gate.alpha,
            "blocks": gate.looks[-1],
            "hosts": [{"host": each.name, "class": each.host_class, "lost": each.lost} for each in self.hosts],
            "judgements": [each.to_json() for each in self.judgements],
            "result_file": self.result_file,
        }


def fleet_check_of(shard: Shard) -> Check:
    """Return the check of a plan for many hosts. Raises BadInput for another plan."""
    check = plan_of(shard)
    if not isinstance(check, Check):
        raise BadInput(f"plan {shard.plan_id} is a run's, and no check: bench fleet run carries it out")
    if check.gate.scope is None:
        raise BadInput(f"plan {shard.plan_id} is of a check on one host: make it by bench fleet plan-check")
    return check


def fleet_outcome(fleet: Fleet) -> FleetOutcome:
    """Judge a fleet's file by its trials and the coins' seeds alone. Raises BadInput for what is no check of one."""
    check = fleet_check_of(fleet.hosts[0].shard)
    hosts = tuple(_host_check(check, name, shards) for name, shards in fleet.by_host.items())
    ran = [session.started_at for each in fleet.hosts if each.session for session in each.session.sessions]
    return FleetOutcome(
        plan_id=fleet.plan_id,
        check=check,
        hosts=hosts,
        judgements=judge_fleet(check.gate, hosts),
        made_at=min(ran, default=""),
        result_file=str(fleet.path),
    )


def _host_check(check: Check, name: str, shards: Sequence[HostResult]) -> HostCheck:
    blocks = [check.blocks(each.shard.seed, each.session.trials) for each in shards if each.session is not None]
    return HostCheck(name, shards[0].host_class or "", tuple(chain(*blocks)), shards[0].lost, len(shards))
