"""The midmean: the mean of the middle half, which a quarter of wild values on either side does not move."""

from collections.abc import Sequence
from math import fsum


def midmean(values: Sequence[float]) -> float:
    """Leave out a quarter of the values at each end, rounded down, and take the mean of the others."""
    ranked = sorted(values)
    aside = len(ranked) // 4
    kept = ranked[aside : len(ranked) - aside]
    return fsum(kept) / len(kept)
