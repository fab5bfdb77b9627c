"""What a probe read: numbers, why some are missing, and what is more than one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Part of a trial. `metrics` go by the names of docs/metrics.md; `absent` says, by name, why one is not there."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, Any] = field(default_factory=dict)

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
