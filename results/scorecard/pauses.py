"""What was lost in pauses of the garbage collector, over the valid trials of a row, and what chance would put there."""

from collections.abc import Sequence
from dataclasses import dataclass

from results.metrics import (
    BOUTS,
    BOUTS_IN_GC,
    GC_PAUSE,
    LONG_PAUSES,
    LOOKS_MAX,
    LOOKS_P50,
    LOSS_IN_GC,
    LOSS_IN_GC_RATIO,
    LOSS_INSIDE_GC,
    OFFERED_IN_GC,
    Metric,
)
from results.scorecard.rows import Row
from results.statistics.binomial import exact_bounds
from results.statistics.spread import Spread
from results.trial import Trial

MOST_BOUTS = 100_000
"""No trial has so many looks with a loss in each; what a file says beyond that takes too long to judge."""


@dataclass(frozen=True, slots=True)
class InPauses:
    """Counts of several trials, added up. A pause is one of a millisecond or more (docs/gc.md).

    `lost` are the drops whose loss was seen from outside: all but skipped runs of the program. `in_pauses` of them were
    lost between two looks that a pause overlaps, `inside` between two that lie in one. `by_trial` is the spread of the
    share over the trials that lost any; looks were `apart_s` apart at the median, and at most `apart_max_s`.
    """

    pauses: int
    longest_s: float
    lost: int
    in_pauses: int
    inside: int
    offered: int
    offered_in_pauses: int
    bouts: int
    bouts_in_pauses: int
    apart_s: float
    apart_max_s: float
    by_trial: Spread | None

    @property
    def share(self) -> float | None:
        return self.in_pauses / self.lost if self.lost else None

    @property
    def by_chance(self) -> float | None:
        """Which share of the loss would lie there if pauses had nothing to do with it: that of the drops offered."""
        return self.offered_in_pauses / self.offered if self.offered else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The exact interval of 95 % of the share of bouts that begin in a pause; None for what is no share of any."""
        if not 0 <= self.bouts_in_pauses <= self.bouts <= MOST_BOUTS or not self.bouts:
            return None
        return exact_bounds(self.bouts_in_pauses, self.bouts)

    @property
    def more_than_chance(self) -> bool | None:
        """Whether more bouts began in pauses than chance explains; None where there is nothing to tell it by."""
        if self.bounds is None or self.by_chance is None or not self.pauses:
            return None
        return self.bounds[0] > self.by_chance


def in_pauses(row: Row) -> InPauses | None:
    """Add up the trials of a row that were looked at; None where none was."""
    trials = [trial for trial in row.timed if {LOSS_IN_GC.name, LOOKS_MAX.name} <= trial.metrics.keys()]
    if not trials:
        return None
    return InPauses(
        pauses=_sum(trials, LONG_PAUSES),
        longest_s=max(GC_PAUSE.value(trial) or 0.0 for trial in trials),
        lost=sum((trial.ledger.lost or 0) - (trial.ledger.missed or 0) for trial in trials),
        in_pauses=_sum(trials, LOSS_IN_GC),
        inside=_sum(trials, LOSS_INSIDE_GC),
        offered=sum(trial.ledger.observed or 0 for trial in trials),
        offered_in_pauses=_sum(trials, OFFERED_IN_GC),
        bouts=_sum(trials, BOUTS),
        bouts_in_pauses=_sum(trials, BOUTS_IN_GC),
        apart_s=sorted(LOOKS_P50.value(trial) or 0.0 for trial in trials)[len(trials) // 2],
        apart_max_s=max(LOOKS_MAX.value(trial) or 0.0 for trial in trials),
        by_trial=row.spread(LOSS_IN_GC_RATIO),
    )


def _sum(trials: Sequence[Trial], metric: Metric) -> int:
    return sum(int(metric.value(trial) or 0) for trial in trials)
