"""How long a quota of CPU time held back what a trial runs: two reads of the control groups' own counters."""

from __future__ import annotations

import time
from pathlib import Path

from harness.machine.quota import PROC, throttled_s
from harness.probes.reading import Reading


class ThrottlingProbe:
    """Reads the counters, exact to the microsecond, of all groups that the harness and its workers are in.

    The kernel adds them over the CPUs: two that are held back all the time are 2.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc

    def start(self) -> None:
        self._began_s = time.monotonic()
        self._before = throttled_s(self._proc)

    def stop(self, _events: int) -> Reading:
        after = throttled_s(self._proc)
        held_s = [after[group] - before_s for group, before_s in self._before.items() if group in after]
        if not held_s:
            return Reading(absent={"throttled_ratio": "no control group here counts it (no cpu controller)"})
        # A group that is held back holds back those below it, and the longest wait is all of it.
        return Reading(metrics={"throttled_ratio": max(held_s) / (time.monotonic() - self._began_s)})
