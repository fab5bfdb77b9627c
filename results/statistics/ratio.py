"""How two variants' values of one metric compare: their ratio, or their difference, with an exact interval.

Trials that ran in the same blocks are compared block by block, which cancels what the machine did meanwhile: the
interval is that of the signed-rank test. Trials of two files have no blocks in common: the interval is that of the
rank-sum test (Mann-Whitney; Moses' interval of the Hodges-Lehmann shift), exact for any distribution, but it takes the
two sets for samples of one machine in one state, so drift between them is in the ratio.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from results.statistics.signed_rank import hodges_lehmann, lower_bound, upper_bound

_LEVEL = 0.025  # left out at each end: an interval of 95 %


@dataclass(frozen=True, slots=True)
class Comparison:
    """B relative to A. On the scale "ratio" 1.05 is 5 % more; on "difference" 0.01 is 0.01 more.

    With too few trials for 95 % the interval is the widest that they give, and `confidence` says what that is worth.
    """

    scale: Literal["ratio", "difference"]
    estimate: float
    low: float
    high: float
    confidence: float
    paired: bool


def compare(
    a: Mapping[object, Sequence[float]], b: Mapping[object, Sequence[float]], scale: Literal["ratio", "difference"]
) -> Comparison | None:
    """Compare values by the block that they were taken in; None when a ratio has a value of 0, or a side has none."""
    every = [value for values in (*a.values(), *b.values()) for value in values]
    if not a or not b or (scale == "ratio" and min(every) <= 0):
        return None
    move = math.log if scale == "ratio" else float
    shared = [block for block in a if block in b]
    if len(shared) == len(a) == len(b):
        shifts = [statistics.fmean(map(move, b[block])) - statistics.fmean(map(move, a[block])) for block in shared]
        found = _paired(shifts)
    else:
        found = _independent(
            [move(value) for values in a.values() for value in values],
            [move(value) for values in b.values() for value in values],
        )
    estimate, low, high, confidence = found
    back = math.exp if scale == "ratio" else float
    return Comparison(scale, back(estimate), back(low), back(high), confidence, len(shared) == len(a) == len(b))


def _paired(shifts: Sequence[float]) -> tuple[float, float, float, float]:
    fewest = 2.0 ** -len(shifts)
    level = max(_LEVEL, fewest)
    confidence = 0.95 if level == _LEVEL else 1 - 2 * fewest
    return hodges_lehmann(shifts), lower_bound(shifts, level), upper_bound(shifts, level), confidence


def _independent(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float, float]:
    shifts = sorted(y - x for x in a for y in b)
    counts = _rank_sums(len(a), len(b))
    total = sum(counts)
    # The shift lies below the k-th lowest difference with P(U < k).
    depth, tail = 0, 0.0
    while (tail + counts[depth]) / total <= _LEVEL:
        tail += counts[depth]
        depth += 1
    if depth == 0:
        return statistics.median(shifts), shifts[0], shifts[-1], 1 - 2 * counts[0] / total
    return statistics.median(shifts), shifts[depth - 1], shifts[-depth], 0.95


@lru_cache(maxsize=256)
def _rank_sums(m: int, n: int) -> tuple[int, ...]:
    """Count the orders of m and n values that give each U, from 0 to m·n: coefficients of the Gaussian binomial."""
    # Built as the product of (1 - q^(n+i)) / (1 - q^i) for i = 1 … m, each step exact in whole numbers.
    size = m * n + 1
    counts = [1] + [0] * (size - 1)
    for i in range(1, m + 1):
        for place in range(size - 1, n + i - 1, -1):
            counts[place] -= counts[place - n - i]
        for place in range(i, size):
            counts[place] += counts[place - i]
    return tuple(counts)
