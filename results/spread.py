"""A median with the interval that its trials support."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


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
    depth = _depth(len(ranked))
    return Spread(
        tuple(values),
        statistics.median(ranked),
        ranked[depth - 1],
        ranked[-depth],
        _coverage(len(ranked), depth),
    )


def _depth(count: int) -> int:
    """Find how many values may be left off each end while 95 % remain; 1 is none."""
    depth = 1
    while 2 * (depth + 1) <= count and _coverage(count, depth + 1) >= 0.95:
        depth += 1
    return depth


def _coverage(count: int, depth: int) -> float:
    return 1.0 - sum(math.comb(count, k) for k in range(depth)) / 2.0 ** (count - 1)
