"""A check that lasts as long as it may: how many rounds of blocks a budget of time has room for.

What decides is when rounds began, and never what was measured in them: that has nothing to do with which process was
called A, and so leaves the coins fair (docs/statistics.md). The rule is the plan's, and replayed trials follow it too.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from statistics import median

from results import units
from results.check.blocks import Block, Comparison, blocks_of
from results.check.forecast import would_tell
from results.check.gate import GatePlan
from results.trial import Trial


@dataclass(frozen=True, slots=True)
class Rounds:
    """How many rounds are complete, each with a valid block of every comparison; and what one takes, once two began."""

    complete: int
    each_s: float | None

    def fit(self, budget_s: float) -> int | None:
        """Return how many rounds a budget has room for; None: not known yet."""
        return None if self.each_s is None else max(1, int(budget_s / max(self.each_s, 1e-3)))

    def another_fits(self, budget_s: float) -> bool:
        fits = self.fit(budget_s)
        return fits is None or self.complete < fits


def settled(plan: GatePlan, comparisons: Sequence[Comparison], blocks: Sequence[Block]) -> GatePlan:
    """Give a plan with a budget its one look: after the rounds that fit, or else one round from now."""
    if plan.budget_s is None:
        return plan
    rounds = rounds_of(comparisons, blocks)
    look = rounds.complete + rounds.another_fits(plan.budget_s)
    return replace(plan, looks=(max(look, plan.fewest),))


def used_up(plan: GatePlan, comparisons: Sequence[Comparison], blocks: Sequence[Block]) -> bool:
    """Tell whether a plan has a budget, and no round more fits into it."""
    return plan.budget_s is not None and not rounds_of(comparisons, blocks).another_fits(plan.budget_s)


def rounds_of(comparisons: Sequence[Comparison], blocks: Sequence[Block]) -> Rounds:
    """Count rounds, and time them from start to start: by the median, so that a session that was resumed counts on."""
    valid: Counter[Comparison] = Counter()
    starts: list[datetime] = []
    complete = 0
    for block in blocks:
        if len(starts) == complete:
            starts.append(datetime.fromisoformat(block.trials[0].started_at))
        valid[block.comparison] += block.valid
        complete = min(valid[each] for each in comparisons)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
    return Rounds(complete, median(gaps) if gaps else None)


# Rounds after which it is foretold what the budget will be able to tell.
FORETOLD_AFTER = 3


def foretold(plan: GatePlan, comparisons: Sequence[Comparison], trials: Sequence[Trial]) -> list[str] | None:
    """Say, once the first rounds are complete, how many fit and what they will tell; None before that.

    It is said and no more: nothing that is done follows from it.
    """
    blocks = blocks_of(comparisons, None, trials)
    rounds = rounds_of(comparisons, blocks)
    if plan.budget_s is None or rounds.complete < FORETOLD_AFTER:
        return None
    fits = rounds.fit(plan.budget_s) or rounds.complete
    said = [f"about {fits} blocks of each kind fit into {units.seconds(plan.budget_s)}"]
    if fits < plan.fewest:
        return [f"{said[0]}, and {plan.fewest} are the fewest that can decide"]
    for gated in plan.gated:
        own = [block.difference(gated) for block in blocks if block.valid and block.comparison.measures(gated)]
        values = [value for value in own if not isinstance(value, str)]
        if values and (effect := would_tell(values, fits, plan.alpha_per_look / max(1, plan.family_size))) is not None:
            about = f"{gated.told(effect)} of {gated.mode} {gated.metric.name}"
            said.append(f"by the first {len(values)}, they will detect {about}")
    return said
