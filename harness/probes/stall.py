"""Stop a consumer for a while, in the middle of a trial."""

from __future__ import annotations

import dataclasses
import os
import signal
import time

from harness.trial import OnProgress, Progress
from results.metrics import STALL
from results.trial import Trial

# By then a consumer has settled into its rhythm.
BEFORE_S = 0.3
# So long after the stall the load goes on, while the consumer catches up.
AFTER_S = 0.5


class Stall:
    """Stops the consumer's process once, for `stall_s`, and notes how long that really was."""

    def __init__(self, stall_s: float, on_progress: OnProgress) -> None:
        self._stall_s = stall_s
        self._on_progress = on_progress
        self._stalled_s: float | None = None

    def look(self, progress: Progress) -> None:
        self._on_progress(progress)
        if self._stalled_s is None and progress.elapsed_s >= BEFORE_S:
            os.kill(progress.consumer_pid, signal.SIGSTOP)
            stopped = time.monotonic()
            try:
                time.sleep(self._stall_s)
            finally:
                self._stalled_s = time.monotonic() - stopped
                os.kill(progress.consumer_pid, signal.SIGCONT)

    def added_to(self, trial: Trial) -> Trial:
        if self._stalled_s is None:
            return trial
        return dataclasses.replace(trial, metrics={**trial.metrics, STALL.name: self._stalled_s})
