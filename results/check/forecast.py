"""Forecasts for a check that could not decide: how many more blocks would have, and how long they take."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import isfinite
from statistics import median

import numpy as np

from results.check.blocks import IN_SEQUENCE, Block
from results.statistics.signed_rank import hodges_lehmann, lower_bound, p_above, p_below

# Above this many blocks, "run more" is no advice: the ratio lies on the margin.
MOST_BLOCKS = 400


def more_blocks(values: Sequence[float], limit: float, level_regressed: float, level_ok: float) -> int | None:
    """Return how many more blocks would decide, were they spread as those seen; None if 400 blocks would not.

    The spread is that of the values' own quantiles. A forecast to plan the next check by, which is then judged alone.
    """

    def decides(count: int) -> bool:
        likely = _stretched(values, count)
        return p_above(likely, limit) <= level_regressed or p_below(likely, limit) <= level_ok

    if not decides(MOST_BLOCKS):
        return None
    low, high = len(values), MOST_BLOCKS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high - len(values)


def would_tell(values: Sequence[float], count: int, level: float) -> float | None:
    """Return which effect so many blocks would tell from nothing at a level, were they spread as those seen.

    An effect moves all block values, and the lower end of their interval with them; None if too few could tell any.
    """
    needed = hodges_lehmann(values) - lower_bound(_stretched(values, count), level)
    return needed if isfinite(needed) else None


def _stretched(values: Sequence[float], count: int) -> list[float]:
    """Return so many values that have the quantiles of those given."""
    stretched: list[float] = np.quantile(np.asarray(values), (np.arange(count) + 0.5) / count, method="hazen").tolist()
    return stretched


def seconds_per_block(blocks: Sequence[Block]) -> float:
    """Return what one more block would take, from the starts of trials that ran one after the other.

    A trial's end is not stored; what a pair took is. Where the baseline is a stored one, only half of a block is run.
    """
    if pairs := [trial.windows.took_s for block in blocks for trial in block.trials if trial.windows is not None]:
        return median(pairs)
    gaps = []
    for block in blocks:
        starts = [datetime.fromisoformat(trial.started_at) for trial in block.trials]
        gaps += [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
    stored = sum(trial.arm == "A" for trial in blocks[0].trials) if _in_sequence(blocks[0]) else 0
    return median(gaps) * (len(blocks[0].trials) - stored)


def _in_sequence(block: Block) -> bool:
    return tuple(trial.arm for trial in block.trials) == IN_SEQUENCE
