"""Look at a trial while it runs: how its backlog develops, also after a stop of its consumer."""

import os
import signal
import time
from statistics import median

from harness.trial import OnProgress, Progress
from results.metrics import BACKLOG_GROWTH, STALL

# The first part of a trial, where the backlog is that of starting up, is left out.
STARTING_UP_S = 0.2
# With fewer looks at the ring than this no trend is stated.
FEWEST = 6
# By then a consumer has settled into its rhythm, and may be stopped.
BEFORE_S = 0.3
# So long after the stall the load goes on, while the consumer catches up.
AFTER_S = 0.5


class Backlog:
    """Notes the events that wait in the ring at each look, and passes the look on."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._seen: list[tuple[float, int]] = []

    def look(self, progress: Progress) -> None:
        if progress.unread is not None and progress.elapsed_s >= STARTING_UP_S:
            self._seen.append((progress.elapsed_s, progress.unread))
        self._on_progress(progress)

    def metrics(self) -> dict[str, float]:
        """Return the trend, where enough was seen to state one."""
        growth = growth_per_s(self._seen)
        return {} if growth is None else {BACKLOG_GROWTH.name: growth}


class Stall(Backlog):
    """Stops the consumer's process once, too, for `stall_s`, and notes how long that really was."""

    def __init__(self, on_progress: OnProgress, stall_s: float) -> None:
        super().__init__(on_progress)
        self._stall_s = stall_s
        self._stalled: dict[str, float] = {}

    def look(self, progress: Progress) -> None:
        super().look(progress)
        if not self._stalled and progress.elapsed_s >= BEFORE_S:
            os.kill(progress.consumer_pid, signal.SIGSTOP)
            stopped = time.monotonic()
            try:
                time.sleep(self._stall_s)
            finally:
                self._stalled = {STALL.name: time.monotonic() - stopped}
                os.kill(progress.consumer_pid, signal.SIGCONT)

    def metrics(self) -> dict[str, float]:
        return super().metrics() | self._stalled


def growth_per_s(seen: list[tuple[float, int]]) -> float | None:
    """Return by how many events per second a backlog grows: the medians of its two halves, by the time between them.

    `seen` holds (seconds, events). A single late turn of the scheduler moves neither median.
    """
    if len(seen) < FEWEST:
        return None
    half = len(seen) // 2
    first, second = seen[:half], seen[-half:]
    apart_s = median(at for at, _ in second) - median(at for at, _ in first)
    return (median(unread for _, unread in second) - median(unread for _, unread in first)) / apart_s
