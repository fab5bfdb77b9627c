"""What a test that was made could have seen: the effect that values so spread would have told from nothing."""

import random
from collections.abc import Sequence
from itertools import product
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from results.statistics.signed_rank import hodges_lehmann, lower_bounds

POWER = 0.8
# Up to here all patterns of signs are gone through; of more values, as many are drawn.
_EXACT_UP_TO = 10
_PATTERNS = 1 << _EXACT_UP_TO


def detectable(values: Sequence[float], level: float, seed: int, power: float = POWER) -> float | None:
    """Return the effect that `power` of all tests at a one-sided level would tell, of values spread as these.

    What is left of the values when their estimate is taken off is noise, whose signs are as good as tossed. Each
    pattern of signs is a test that might have been: adding an effect lifts the lower end of its interval by as much, so
    what lifts that to zero is the least that it tells. None where so few values tell nothing.
    """
    noise = np.asarray(values) - hodges_lehmann(values)
    needed = -lower_bounds(_patterns(len(noise), seed) * noise, level)
    found = float(np.quantile(needed, power, method="higher"))
    return max(0.0, found) if isfinite(found) else None


def _patterns(count: int, seed: int) -> NDArray[np.float64]:
    """Make rows of signs."""
    if count <= _EXACT_UP_TO:
        return np.array(list(product((-1.0, 1.0), repeat=count)))
    tossed = np.frombuffer(random.Random(f"patterns {seed}").randbytes(_PATTERNS * count), dtype=np.uint8)
    return np.where(tossed & 1, 1.0, -1.0).reshape(_PATTERNS, count)
