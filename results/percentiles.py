"""Percentiles of the age of events, from a row's histograms where it has them, else from its metrics."""

from __future__ import annotations

import statistics

from results.scorecard import Row

# Percentile as rarity, 1 / (1 − p): the p99 is exceeded by one event in 100.
_METRICS = {"age_p50_ns": 2, "age_p90_ns": 10, "age_p99_ns": 100, "age_p999_ns": 1_000, "age_p9999_ns": 10_000}


def percentiles(row: Row) -> list[tuple[float, float]]:
    """Give (rarity, age in ns) by rising rarity, the median of the row's valid trials at each; empty without ages.

    A percentile that a trial has too few events for (fewer than ten above it) is left out.
    """
    found = []
    for name, rarity in _METRICS.items():
        for pass_ in ("timed", "latency", "kernel", "allocation"):
            ages = [
                trial.metrics[name]
                for trial in row.valid
                if trial.setting.pass_ == pass_
                and name in trial.metrics
                and (trial.ledger.consumed or 0) >= 10 * rarity
            ]
            if ages:
                found.append((float(rarity), statistics.median(ages)))
                break
    # A logarithmic axis has no place for an age of 0.
    return [(rarity, age) for rarity, age in found if age > 0]
