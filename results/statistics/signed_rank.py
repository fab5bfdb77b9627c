"""Exact tests, estimates and intervals for block values: the signed-rank family, and Holm's correction.

Everything here counts Walsh averages, the means (x_i + x_j) / 2 over all i <= j. The number of them above a threshold
is Wilcoxon's W+ of the values less the threshold, their median is the Hodges-Lehmann estimate, and their order
statistics are the ends of the interval, so that test, estimate and interval can never contradict one another.
docs/statistics.md says why signed ranks, and what they assume.

Over several hosts the averages are those within each host, all counted together: their number above a threshold is the
sum of the hosts' W+ (Lehmann 1975, van Elteren 1960), whose null distribution is the convolution of theirs. No value of
one host is ever ranked among those of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Block values are logarithms and shares near 1; their ties are found again within this.
_ROUNDING = 1e-12


def smallest_p(count: int) -> float:
    """Return the smallest p that `count` values can give: all on one side, one of 2**count equally likely patterns."""
    return 0.5**count


def p_above(values: Sequence[float], threshold: float) -> float:
    """Test one-sided whether the values lie above `threshold`; p is exact, or on the safe side where values tie.

    An average equal to the threshold, but for rounding, is not above it. That is what makes p safe under ties: for
    every pattern of signs the count is at most W+ with the ties broken in any fixed order, and the distribution of W+
    is the one used.
    """
    return p_above_over([values], threshold)


def p_below(values: Sequence[float], threshold: float) -> float:
    """Test one-sided whether the values lie below `threshold`: the mirror image of `p_above`."""
    return p_above([-value for value in values], -threshold)


def hodges_lehmann(values: Sequence[float]) -> float:
    """Return the median of the Walsh averages: the threshold for which the values are most evenly split."""
    return hodges_lehmann_over([values])


def lower_bound(values: Sequence[float], level: float) -> float:
    """Return the least threshold that `p_above` does not reject at `level`; -inf if the values are too few."""
    return float(lower_bounds(np.asarray([values], dtype=np.float64), level)[0])


def lower_bounds(rows: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Return that of each row of a table."""
    averages = _walsh_averages(rows)
    place = averages.shape[1] - int(np.count_nonzero(_upper_tail((rows.shape[1],)) > level))
    return averages[:, place] - _ROUNDING if place >= 0 else np.full(len(rows), -np.inf)


def upper_bound(values: Sequence[float], level: float) -> float:
    """Return the greatest threshold that `p_below` does not reject at `level`; inf if there are too few values."""
    return -lower_bound([-value for value in values], level)


def p_above_over(hosts: Sequence[Sequence[float]], threshold: float, lost: Sequence[int] = ()) -> float:
    """Test one-sided whether the values lie above `threshold`, by the sum of all hosts' W+.

    `lost` are the numbers of values that were planned where there are none. Such a host keeps its part of the null
    distribution and adds nothing to the sum: its own p is 1, whatever it was that had it lost.
    """
    above = sum(int(np.count_nonzero(each - _ROUNDING > threshold)) for each in _averages(hosts))
    return float(_upper_tail(_counts(hosts, lost))[above])


def p_below_over(hosts: Sequence[Sequence[float]], threshold: float, lost: Sequence[int] = ()) -> float:
    """Test one-sided whether the values lie below `threshold`: the mirror image of `p_above_over`."""
    return p_above_over(_mirrored(hosts), -threshold, lost)


def hodges_lehmann_over(hosts: Sequence[Sequence[float]]) -> float:
    """Return the median of the averages within each host: the threshold for which all are most evenly split."""
    return float(np.median(np.concatenate(_averages(hosts))))


def lower_bound_over(hosts: Sequence[Sequence[float]], level: float, lost: Sequence[int] = ()) -> float:
    """Return the least threshold that `p_above_over` does not reject at `level`; -inf if the values are too few."""
    averages = np.sort(np.concatenate([*_averages(hosts), np.empty(0)]))
    place = averages.size - int(np.count_nonzero(_upper_tail(_counts(hosts, lost)) > level))
    return float(averages[place]) - _ROUNDING if place >= 0 else -float("inf")


def upper_bound_over(hosts: Sequence[Sequence[float]], level: float, lost: Sequence[int] = ()) -> float:
    """Return the greatest threshold that `p_below_over` does not reject at `level`; inf if there are too few values."""
    return -lower_bound_over(_mirrored(hosts), level, lost)


@dataclass(frozen=True, slots=True)
class HolmStep:
    """What Holm's procedure says of one hypothesis: the level its p was held against, and whether p is within it."""

    level: float
    rejected: bool


def holm(p_values: Sequence[float], alpha: float) -> tuple[HolmStep, ...]:
    """Reject by Holm (1979): the chance of even one false rejection is at most `alpha`, however the tests depend.

    The smallest p is held against alpha/m, the next against alpha/(m - 1) and so on until one fails; that one's level
    holds for all that are left, so that "rejected" and "p <= level" are the same everywhere.
    """
    steps: dict[int, HolmStep] = {}
    stopped_at: float | None = None
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        level = stopped_at if stopped_at is not None else alpha / (len(p_values) - rank)
        rejected = stopped_at is None and p_values[index] <= level
        if not rejected:
            stopped_at = level
        steps[index] = HolmStep(level, rejected)
    return tuple(steps[index] for index in range(len(p_values)))


def _walsh_averages(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, row by row, the sorted means of all pairs, each value paired with itself too: n (n + 1) / 2 of n."""
    if not rows.size:
        raise ValueError("no blocks to judge")
    if not np.isfinite(rows).all():
        raise ValueError("a block value is not a finite number")
    first, second = np.triu_indices(rows.shape[1])
    averages: NDArray[np.float64] = np.sort((rows[:, first] + rows[:, second]) / 2, axis=1)
    return averages


def _averages(hosts: Sequence[Sequence[float]]) -> list[NDArray[np.float64]]:
    return [_walsh_averages(np.asarray([values], dtype=np.float64))[0] for values in hosts]


def _counts(hosts: Sequence[Sequence[float]], lost: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted((*map(len, hosts), *lost)))


def _mirrored(hosts: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[-value for value in values] for values in hosts]


@lru_cache(maxsize=256)
def _upper_tail(counts: tuple[int, ...]) -> NDArray[np.float64]:
    """Return P(W+ >= t) for t = 0 …, the sum over hosts of so many values, each rank of each joining by a fair coin.

    Only halving and adding of non-negative numbers: the relative error stays below as many units in the last place as
    there are values.
    """
    chance = np.zeros(sum(count * (count + 1) // 2 for count in counts) + 1)
    chance[0] = 1.0
    for rank in (rank for count in counts for rank in range(1, count + 1)):
        joined = np.zeros_like(chance)
        joined[rank:] = chance[:-rank]
        chance = (chance + joined) / 2
    return np.minimum(np.cumsum(chance[::-1])[::-1], 1.0)
