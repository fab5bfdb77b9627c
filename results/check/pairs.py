"""A pair's value: two processes that were measured in windows by turns, and what their windows' ratios come to.

The value is odd (arms exchanged, it changes its sign and no more) and moves with a constant effect; and what is left
out is chosen without a look at which arm is which. That is all that the test's exactness needs (docs/statistics.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import log

import numpy as np

from results.statistics.midmean import midmean

# Fewer windows have no later half that could say what is usual.
_FEWEST_FOURS = 8


@dataclass(frozen=True, slots=True)
class PairValue:
    """B relative to A, a logarithm; a sentence where there is none.

    `warm_up` and `void` say how many windows of each arm were left out: at the beginning, and beside a void one.
    """

    value: float | str
    warm_up: int = 0
    void: int = 0


def pair_value(a: Sequence[float | None], b: Sequence[float | None]) -> PairValue:
    """Take the midmean, over fours of windows, of mean ln(B) less mean ln(A).

    `a` and `b` are the arms' windows in their order: two of each make a four, ABBA or BAAB by a coin, in which place
    and drift cancel. A void window takes its four with it.
    """
    fours = [(*a[at : at + 2], *b[at : at + 2]) for at in range(0, min(len(a), len(b)) - 1, 2)]
    logs = [[log(each) for each in four if each is not None and each > 0] for four in fours]
    whole = [four for four in logs if len(four) == 4]
    void = 2 * (len(fours) - len(whole))
    warm_up = warm_up_of([sum(four) / 4 for four in whole])
    kept = [(four[2] + four[3] - four[0] - four[1]) / 2 for four in whole[warm_up:]]
    if len(kept) * 4 < len(fours) or not kept:
        return PairValue(f"{2 * len(kept)} of {2 * len(fours)} windows can be compared: too few", 2 * warm_up, void)
    return PairValue(midmean(kept), 2 * warm_up, void)


def warm_up_of(levels: Sequence[float]) -> int:
    """Count the values at the beginning that lie outside of Tukey's fences of the later half; that half at most.

    The values are of both arms together, so that nothing of a difference between them is in the choice.
    """
    if len(levels) < _FEWEST_FOURS:
        return 0
    half = len(levels) // 2
    low, high = np.quantile(levels[half:], (0.25, 0.75))
    reach = 1.5 * (high - low)
    return sum(1 for _ in takewhile(lambda level: not low - reach <= level <= high + reach, levels[:half]))
