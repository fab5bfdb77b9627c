"""Percentiles of the age of events, from a row's histograms where it has them, else from its metrics."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from results.scorecard.rows import Row
from results.trial import Trial

# Percentile as rarity, 1 / (1 − p): the p99 is exceeded by one event in 100.
_METRICS = {"age_p50_ns": 2, "age_p90_ns": 10, "age_p99_ns": 100, "age_p999_ns": 1_000, "age_p9999_ns": 10_000}
_RARITIES = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)

# A percentile is shown where at least so many events lie above it: fewer are chance.
_ABOVE = 10


def percentiles(row: Row) -> list[tuple[float, float]]:
    """Give (rarity, age in ns) by rising rarity over the row's valid trials; empty without ages.

    A percentile that there are too few events for is left out.
    """
    for pass_ in ("timed", "latency", "kernel", "allocation"):
        trials = [trial for trial in row.valid if trial.setting.pass_ == pass_ and "age_p50_ns" in trial.metrics]
        if trials:
            counted = [histogram for trial in trials if (histogram := _histogram(trial))]
            found = _of_histograms(counted) if len(counted) == len(trials) else _of_metrics(trials)
            # A logarithmic axis has no place for an age of 0.
            return [(rarity, age) for rarity, age in found if age > 0]
    return []


def _of_histograms(counted: Sequence[Counter[int]]) -> list[tuple[float, float]]:
    together: Counter[int] = Counter()
    for each in counted:
        together += each
    total, below, found = together.total(), 0, []
    wanted = [rarity for rarity in _RARITIES if total >= _ABOVE * rarity]
    for age, count in sorted(together.items()):
        below += count
        while wanted and total - below <= total / wanted[0]:
            found.append((float(wanted.pop(0)), float(age)))
    return found


def _of_metrics(trials: Sequence[Trial]) -> list[tuple[float, float]]:
    """Take the median of the trials at each percentile."""
    found = []
    for name, rarity in _METRICS.items():
        enough = [trial for trial in trials if (trial.ledger.consumed or 0) >= _ABOVE * rarity]
        if ages := [trial.metrics[name] for trial in enough if name in trial.metrics]:
            found.append((float(rarity), statistics.median(ages)))
    return found


def _histogram(trial: Trial) -> Counter[int]:
    """Read rows of (greatest age of the step in ns, count); empty when there are none, or of another shape."""
    counts: Counter[int] = Counter()
    rows = trial.series.get("age_histogram")
    for row in rows if isinstance(rows, list) else []:
        match row:
            case [int(age), int(count)] if count > 0:
                counts[age] += count
            case _:
                return Counter()
    return counts
