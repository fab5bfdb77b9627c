"""Percentiles of the age of events, from a row's histograms where it has them, else from its metrics."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

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
    ages = counts = np.empty(0, np.int64)
    for trial in trials:
        if (columns := _columns(trial.series)) is not None:
            its_ages, its_counts = columns
            places = ages.searchsorted(its_ages)
            if not ages.size or (ages.take(places, mode="clip") != its_ages).any():
                every = np.union1d(ages, its_ages)
                moved = np.zeros(every.size, np.int64)
                moved[every.searchsorted(ages)] = counts
                ages, counts, places = every, moved, every.searchsorted(its_ages)
            np.add.at(counts, places, its_counts)
            continue
        for age, count in (steps := _steps(trial.series)):
            together[age] += count
        if not steps:
            return {}
    for age, count in zip(ages.tolist(), counts.tolist(), strict=True):
        together[age] += count
    return together


def _columns(series: Mapping[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Take the ages and counts of a histogram that is written as bench writes it, none of them odd; None for others."""
    text = series.text("age_histogram") if isinstance(series, Undecoded) else b""
    steps = text.count(b"[") - 1
    if steps < 1 or text.translate(None, b"0123456789") != b"[%b]" % b",".join([b"[,]"] * steps):
        return None
    numbers = np.fromstring(text.translate(None, b"[]"), np.int64, sep=",")
    ages, counts = numbers[::2], numbers[1::2]
    # Beyond these, sums would not fit, or a number has not.
    return (ages, counts) if ages.max() < 2**62 and counts.min() > 0 and counts.max() < 2**31 else None


def _steps(series: Mapping[str, Any]) -> list[_Step]:
    """Take a histogram, of which there are a thousand steps per trial; empty where there is none."""
    try:
        if isinstance(series, Undecoded):
            return series.decoded("age_histogram", _STEPS)
        return msgspec.convert(series["age_histogram"], _STEPS.type)
    except (KeyError, msgspec.ValidationError):
        return []
