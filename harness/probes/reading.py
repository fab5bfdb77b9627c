"""What a probe read: numbers, why some are missing, and what is more than one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from results.metrics import METRICS
from results.series import SERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Part of a trial; `absent` says, by name, why a metric is not there.

    Raises ValueError for a name that results/metrics.py, or of a series results/series.py, does not declare: a number
    that nobody explains would be shown without its unit. Whoever takes a name out of them raises PROTOCOL, since a
    worker of an older checkout may still tell it.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := sorted({*self.metrics, *self.absent} - METRICS.keys() | self.series.keys() - SERIES.keys()):
            raise ValueError(f"declare {', '.join(unknown)} in results/metrics.py, or a series in results/series.py")

    def __or__(self, other: Reading) -> Reading:
        """Join two readings; no two probes read the same number."""
        return Reading(
            metrics={**self.metrics, **other.metrics},
            absent={**self.absent, **other.absent},
            series={**self.series, **other.series},
        )


class Probe(Protocol):
    """Reads something once before and once after the consumer works."""

    def start(self) -> None: ...

    def stop(self, events: int) -> Reading:
        """Return what was read since `start`, during which so many events were consumed."""
