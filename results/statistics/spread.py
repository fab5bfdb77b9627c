"""A median with the interval that its trials support."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some trials' values, and the interval that holds the true median with the stated confidence.

    The interval is made of two of the values themselves (order statistics), so it assumes nothing of their
    distribution: the k-th lowest and k-th highest of n values enclose the median with probability
    1 − 2·P(Binomial(n, ½) < k).
    With fewer than six trials even the lowest and the highest stay below 95 %; `confidence` says what they give.
    """

    values: tuple[float, ...]
    median: float
    low: float
    high: float
    confidence: float

    @property
    def few(self) -> bool:
        """Whether there are too few trials for an interval of 95 %."""
        return self.confidence < 0.95


def spread(values: Sequence[float]) -> Spread | None:
    """Summarise the values of one metric, in the order of their trials; None when there are none."""
    if not values:
        return None
    ranked = sorted(values)
    depth, confidence = _depth(len(ranked))
    return Spread(tuple(values), statistics.median(ranked), ranked[depth - 1], ranked[-depth], confidence)


@lru_cache(maxsize=1024)
def _depth(count: int) -> tuple[int, float]:
    """Find which value from each end encloses 95 % at the least, 1 the outermost, and what it does enclose.

    The median lies between the k-th lowest and the k-th highest exactly if from k to n - k values are below it. The
    chances of that are added up from the middle outwards: they are largest there, and far out too small for a float.
    """
    depth = (count + 1) // 2
    # C(2k, k) / 4^k, and C(2k - 1, k) / 2^(2k - 1) is the same.
    chance = math.prod((2 * each - 1) / (2 * each) for each in range(1, depth + 1))
    confidence = chance if 2 * depth == count else 0.0
    while depth > 1 and confidence < 0.95:
        # From C(n, k) to C(n, k - 1); there are two of each but the middle one.
        depth -= 1
        chance *= (depth + 1) / (count - depth)
        confidence += 2 * chance
    return depth, confidence
