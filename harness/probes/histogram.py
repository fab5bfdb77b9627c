"""A log-linear histogram of nanoseconds, filled many values at a time.

The layout is HdrHistogram's with two significant digits: each power of two is cut into 128 equal steps, so that a value
is known to 0.8 %. The step of a value is the top of its IEEE 754 double: exponent and seven bits of the fraction.
"""

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

_FRACTION_BITS = 7
_SHIFT = 52 - _FRACTION_BITS
_FIRST = 1023 << _FRACTION_BITS  # the step of 1.0
_OCTAVES = 44  # up to 4.8 hours
_STEPS = _OCTAVES << _FRACTION_BITS

Nanoseconds = npt.NDArray[np.uint64]


class Histogram:
    """Counts of values; the greatest is kept exactly."""

    def __init__(self) -> None:
        self._counts = np.zeros(_STEPS, np.int64)
        self.greatest_ns = 0

    def add(self, values: Nanoseconds) -> None:
        """Add values; 0 counts as 1 ns. Takes about 2 ns a value for some thousands of them."""
        if not len(values):
            return
        steps = values.astype(np.float64).view(np.int64) >> _SHIFT
        steps -= _FIRST
        np.clip(steps, 0, _STEPS - 1, out=steps)
        self._counts += np.bincount(steps, minlength=_STEPS)
        self.greatest_ns = max(self.greatest_ns, int(values.max()))

    def rows(self) -> list[tuple[int, int]]:
        """Return (greatest value of the step in ns, count) for each step that is not empty, in rising order."""
        steps = np.flatnonzero(self._counts)
        beyond = ((steps + 1 + _FIRST) << _SHIFT).view(np.float64)
        greatest = np.minimum(np.ceil(beyond).astype(np.int64) - 1, self.greatest_ns)
        return list(zip(greatest.tolist(), self._counts[steps].tolist(), strict=True))


def quantiles(rows: Iterable[Sequence[int]], among: int, wanted: Iterable[float]) -> list[int | None]:
    """Return the values that the wanted parts of `among` events do not exceed.

    `among` may be more than the events that `rows` count: the others stand beyond every value, as a lost event's age
    does. None is a quantile among these, or of nothing.
    """
    listed = list(rows)
    reached = list(itertools.accumulate(count for _, count in listed))
    found: list[int | None] = []
    for quantile in wanted:
        rank = max(1, math.ceil(quantile * among))
        place = int(np.searchsorted(reached, rank))
        found.append(listed[place][0] if among and place < len(listed) else None)
    return found
