"""Percentiles of the age of events, from a row's histograms where it has them, else from its metrics."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec

from results.metrics import AGE_P50, AGE_P90, AGE_P99, AGE_P999, AGE_P9999, IN_PASSES
from results.scorecard.rows import Row, quietest
from results.trial import Trial
from results.undecoded import Undecoded

_Step = tuple[int, Annotated[int, msgspec.Meta(gt=0)]]
_STEPS = msgspec.json.Decoder(list[_Step])

# Percentile as rarity, 1 / (1 − p): the p99 is exceeded by one event in 100.
_METRICS = {AGE_P50: 2, AGE_P90: 10, AGE_P99: 100, AGE_P999: 1_000, AGE_P9999: 10_000}
_RARITIES = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)

# A percentile is shown where at least so many events lie above it: fewer are chance.
_ABOVE = 10


def percentiles(row: Row) -> list[tuple[float, float]]:
    """Give (rarity, age in ns) by rising rarity over the row's valid trials; empty without ages.

    A percentile that there are too few events for is left out.
    """
    for pass_ in IN_PASSES:
        of_pass = [trial for trial in row.valid if trial.setting.pass_ == pass_]
        trials = [trial for trial in quietest(of_pass, AGE_P50) if AGE_P50.value(trial) is not None]
        if trials:
            counted = age_histogram(trials)
            found = _of_histogram(counted) if counted else _of_metrics(trials)
            # A logarithmic axis has no place for an age of 0.
            return [(rarity, age) for rarity, age in found if age > 0]
    return []


def _of_histogram(counted: Mapping[int, int]) -> list[tuple[float, float]]:
    total, below, found = sum(counted.values()), 0, []
    wanted = [rarity for rarity in _RARITIES if total >= _ABOVE * rarity]
    for age, count in sorted(counted.items()):
        below += count
        while wanted and total - below <= total / wanted[0]:
            found.append((float(wanted.pop(0)), float(age)))
    return found


def _of_metrics(trials: Sequence[Trial]) -> list[tuple[float, float]]:
    """Take the median of the trials at each percentile."""
    found = []
    for metric, rarity in _METRICS.items():
        enough = [trial for trial in trials if (trial.ledger.consumed or 0) >= _ABOVE * rarity]
        if ages := [age for age in metric.values(enough) if age is not None]:
            found.append((float(rarity), statistics.median(ages)))
    return found


def age_histogram(trials: Iterable[Trial]) -> dict[int, int]:
    """Count the events of all by the greatest age in ns of their step; empty when one has none, or of another shape."""
    together: dict[int, int] = defaultdict(int)
    for trial in trials:
        for age, count in (steps := _steps(trial.series)):
            together[age] += count
        if not steps:
            return {}
    return together


def _steps(series: Mapping[str, Any]) -> list[_Step]:
    """Take a histogram, of which there are a thousand steps per trial; empty where there is none."""
    try:
        if isinstance(series, Undecoded):
            return series.decoded("age_histogram", _STEPS)
        return msgspec.convert(series["age_histogram"], _STEPS.type)
    except (KeyError, msgspec.ValidationError):
        return []
