"""Watch how a backlog develops while a trial runs."""

from __future__ import annotations

import dataclasses
from statistics import median

from harness.trial import OnProgress, Progress
from results.metrics import BACKLOG_GROWTH
from results.trial import Trial

# The first part of a trial, where the backlog is that of starting up, is left out.
STARTING_UP_S = 0.2
# With fewer looks at the ring than this no trend is stated.
FEWEST = 6


class Backlog:
    """Notes the events that wait in the ring at each look, and passes the look on."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._seen: list[tuple[float, int]] = []

    def look(self, progress: Progress) -> None:
        if progress.unread is not None and progress.elapsed_s >= STARTING_UP_S:
            self._seen.append((progress.elapsed_s, progress.unread))
        self._on_progress(progress)

    def added_to(self, trial: Trial) -> Trial:
        """Return the trial with the trend among its metrics, where enough was seen to state one."""
        growth = growth_per_s(self._seen)
        if growth is None:
            return trial
        return dataclasses.replace(trial, metrics={**trial.metrics, BACKLOG_GROWTH.name: growth})


def growth_per_s(seen: list[tuple[float, int]]) -> float | None:
    """Return by how many events a second a backlog grows: the medians of its two halves, by the time between them.

    `seen` holds (seconds, events). A single late turn of the scheduler moves neither median.
    """
    if len(seen) < FEWEST:
        return None
    half = len(seen) // 2
    first, second = seen[:half], seen[-half:]
    apart_s = median(at for at, _ in second) - median(at for at, _ in first)
    return (median(unread for _, unread in second) - median(unread for _, unread in first)) / apart_s
