"""Verdicts: REGRESSED, OK or INCONCLUSIVE for each gated metric, from the blocks and the plan alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile
from math import isfinite
from statistics import median
from typing import Any, Self

from results import units
from results.check.blocks import Arm, Block
from results.check.forecast import more_blocks, seconds_per_block
from results.check.gate import Gated, GatePlan
from results.statistics.signed_rank import hodges_lehmann, holm, lower_bound, p_above, p_below, upper_bound


class Verdict(StrEnum):
    REGRESSED = "REGRESSED"
    OK = "OK"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the blocks say of one gated metric.

    `estimate`, `low` and `high` are B relative to A: a ratio, or a difference, by the metric's scale. They invert the
    tests: REGRESSED exactly if `low` is above the margin's limit, OK exactly if `high` is below it. `low` is taken at
    Holm's level, `high` at alpha of one look. None: there was nothing to compute them from, and `because` says why.
    `more_blocks` is how many more would decide if they are like those seen; None if decided, or if none would.
    `windows` is how many windows of each arm make a pair, `warm_up` how many at its beginning were left out in the pair
    that left out most, and `void` how many in all pairs together; None where blocks are not pairs.
    """

    gated: Gated
    verdict: Verdict
    blocks: int
    look: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p_regressed: float | None = None
    p_ok: float | None = None
    median_a: float | None = None
    median_b: float | None = None
    more_blocks: int | None = None
    more_s: float | None = None
    because: str | None = None
    windows: int | None = None
    warm_up: int | None = None
    void: int | None = None

    @property
    def limit(self) -> float:
        """The estimate from which B is worse than delta allows."""
        gate = self.gated.gate
        return gate.shown(gate.limit)

    def to_json(self) -> dict[str, object]:
        return {
            "mode": self.gated.mode,
            "metric": self.gated.metric.name,
            "scale": self.gated.gate.scale,
            "margin": self.gated.gate.margin,
            "verdict": self.verdict.value,
            "blocks": self.blocks,
            "look": self.look,
            "estimate": self.estimate,
            "low": self.low,
            "high": self.high,
            "p_regressed": self.p_regressed,
            "p_ok": self.p_ok,
            "median_a": self.median_a,
            "median_b": self.median_b,
            "more_blocks": self.more_blocks,
            "more_s": self.more_s,
            "because": self.because,
            "windows": self.windows,
            "warm_up": self.warm_up,
            "void": self.void,
        }


def judge(plan: GatePlan, blocks: Sequence[Block]) -> tuple[Judgement, ...]:
    """Go through the planned looks as far as there are blocks; a verdict once reached stays.

    Invalid blocks are set aside whole. At each look Holm's family is the whole plan: what regressed earlier counts as
    rejected, what passed earlier counts as p = 1, so that the family never shrinks by what the data showed.
    """
    return _go_through_looks(plan, blocks).judgements


def wanted_blocks(plan: GatePlan, blocks: Sequence[Block]) -> dict[Gated, int]:
    """Return how many more valid blocks the next look needs, for each metric that is still open; empty when done."""
    return _go_through_looks(plan, blocks).wanted


@dataclass(frozen=True, slots=True)
class _Looked:
    judgements: tuple[Judgement, ...]
    wanted: dict[Gated, int]


def _go_through_looks(plan: GatePlan, blocks: Sequence[Block]) -> _Looked:
    series = [Series.of(gated, blocks, plan.spare_blocks) for gated in plan.gated]
    decided: dict[int, Judgement] = {}
    last: dict[int, Judgement] = {}
    wanted: dict[Gated, int] = {}
    family = [index for index, gated in enumerate(plan.gated) if gated.excluded_because is None]
    open_ = family
    for number, look in enumerate(plan.looks, start=1):
        open_ = [index for index in open_ if series[index].can_be_judged_at(look)]
        missing = {index: look - len(series[index].values) for index in open_}
        if any(count > 0 for count in missing.values()):
            wanted = {plan.gated[index]: count for index, count in missing.items() if count > 0}
            break
        if plan.scope is not None:
            break
        p_values = [_p_in_family(series[index], decided.get(index), look) for index in family]
        steps = dict(zip(family, holm(p_values, plan.alpha_per_look), strict=True))
        for index in open_:
            last[index] = series[index].judge(look, number, steps[index].level, plan.alpha_per_look)
            if last[index].verdict is not Verdict.INCONCLUSIVE:
                decided[index] = last[index]
        open_ = [index for index in open_ if index not in decided]
    level = plan.alpha_per_look / max(plan.family_size, 1)
    judgements = tuple(
        decided.get(index) or last.get(index) or one.unjudged(level, plan) for index, one in enumerate(series)
    )
    return _Looked(judgements, wanted)


def worst(judgements: Sequence[Judgement]) -> Verdict:
    """Return the verdict of the whole check: any regression, else any doubt, else OK."""
    verdicts = {judgement.verdict for judgement in judgements}
    return next(verdict for verdict in _ORDER if verdict in verdicts)


_ORDER = (Verdict.REGRESSED, Verdict.INCONCLUSIVE, Verdict.OK)


def worst_first(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Put regressions before doubts before passes; among equals, the farthest above its limit first."""
    return tuple(sorted(judgements, key=lambda one: (_ORDER.index(one.verdict), -_excess(one))))


def _excess(judgement: Judgement) -> float:
    return float("-inf") if judgement.estimate is None else judgement.estimate / judgement.limit


@dataclass(frozen=True, slots=True)
class Series:
    """The block values of one gated metric, and the blocks that they came from; why there are no more, if one knows."""

    gated: Gated
    blocks: tuple[Block, ...]
    values: tuple[float, ...]
    absent_because: str | None

    @classmethod
    def of(cls, gated: Gated, blocks: Sequence[Block], spare: int) -> Self:
        measured = [block for block in blocks if block.comparison.measures(gated)]
        own = tuple(block for block in measured if block.valid)
        differences = [block.difference(gated) for block in own]
        values = tuple(takewhile(lambda one: not isinstance(one, str), differences))
        reasons = [one for one in differences if isinstance(one, str)]
        if sum(block.spoilt_because is not None for block in measured) > spare:
            reasons.append(_set_aside(gated, measured, spare))
        return cls(gated, own, tuple(map(float, values)), reasons[0] if reasons else None)

    def can_be_judged_at(self, look: int) -> bool:
        """A metric that could not be read in a block cannot be judged from there on; more blocks would not help it."""
        return len(self.values) >= look or self.absent_because is None

    def judge(self, look: int, number: int, level_regressed: float, level_ok: float) -> Judgement:
        values, limit = self.values[:look], self.gated.gate.limit
        regressed, ok = p_above(values, limit), p_below(values, limit)
        verdict = Verdict.INCONCLUSIVE
        if regressed <= level_regressed:
            verdict = Verdict.REGRESSED
        elif ok <= level_ok:
            verdict = Verdict.OK
        more = None
        because = None
        if verdict is Verdict.INCONCLUSIVE:
            more = more_blocks(values, limit, level_regressed, level_ok)
            because = "the interval holds the margin's limit" + ("" if more else "; more blocks would not change that")
        return Judgement(
            gated=self.gated,
            verdict=verdict,
            blocks=look,
            look=number,
            estimate=self._shown(hodges_lehmann(values)),
            low=self._shown(lower_bound(values, level_regressed)),
            high=self._shown(upper_bound(values, level_ok)),
            p_regressed=regressed,
            p_ok=ok,
            median_a=self.median_of("A", look),
            median_b=self.median_of("B", look),
            more_blocks=more,
            more_s=None if more is None else more * seconds_per_block(self.blocks),
            because=because,
            **self._left_out(look),
        )

    def unjudged(self, level_regressed: float, plan: GatePlan) -> Judgement:
        """Show what there is without a verdict: excluded in advance, absent, or stopped before the first look."""
        values, count, level_ok = self.values, len(self.values), plan.alpha_per_look
        stopped = f"stopped after {count} blocks, before a look"
        if plan.budget_s is not None:
            stopped = (
                f"{count} blocks in a budget of {units.seconds(plan.budget_s)}, and {plan.fewest} are the fewest that "
                "can decide: raise it, or gate fewer metrics"
            )
        if plan.scope is not None:
            stopped = f"{count} blocks of one host: those of the fleet are judged together, from its file"
        because = self.gated.excluded_because or self.absent_because or stopped
        doubtful = Judgement(gated=self.gated, verdict=Verdict.INCONCLUSIVE, blocks=count, because=because)
        if not values:
            return doubtful
        return replace(
            doubtful,
            estimate=self._shown(hodges_lehmann(values)),
            low=self._shown(lower_bound(values, level_regressed)),
            high=self._shown(upper_bound(values, level_ok)),
            median_a=self.median_of("A", count),
            median_b=self.median_of("B", count),
            **self._left_out(count),
        )

    def _left_out(self, look: int) -> dict[str, Any]:
        found = [told for block in self.blocks[:look] if (told := block.in_windows(self.gated)) is not None]
        if not found:
            return {}
        return {
            "windows": self.blocks[0].comparison.windows,
            "warm_up": max(told.warm_up for told in found),
            "void": sum(told.void for told in found),
        }

    def _shown(self, value: float) -> float | None:
        # An end at infinity (fewer blocks than any look has) is no number that JSON or a reader could use.
        return self.gated.gate.shown(value) if isfinite(value) else None

    def median_of(self, arm: Arm, look: int) -> float:
        value = self.gated.metric.value
        found = [value(trial) for block in self.blocks[:look] for trial in block.of_arm(arm)]
        return float(median(each for each in found if each is not None))


def _set_aside(gated: Gated, measured: Sequence[Block], spare: int) -> str:
    """Say why too many blocks were set aside, what is not known therefore, what to expect of more, and the cure."""
    spoilt = [reason for block in measured if (reason := block.spoilt_because)]
    said = (
        f"{len(spoilt)} of {len(measured)} blocks were set aside, {spare} are allowed for; the last because "
        f"{spoilt[-1]}; whether {gated.metric.name} changed is not known, and while the machine is as it is, more "
        "blocks would be set aside, too"
    )
    if any(block.spoilt_because and block.invalid_because is None for block in measured):
        said += (
            "; the generator keeps its load where nothing else runs (bench doctor says what does) or with a lower "
            "--rate, and --metrics ns_per_event needs none"
        )
    return said


def _p_in_family(series: Series, decided: Judgement | None, look: int) -> float:
    if decided is not None:
        return 0.0 if decided.verdict is Verdict.REGRESSED else 1.0
    if len(series.values) < look:
        return 1.0
    return p_above(series.values[:look], series.gated.gate.limit)
