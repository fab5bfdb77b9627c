"""How long the consumer was ready to run and had no CPU: two reads of /proc a trial."""

from __future__ import annotations

from pathlib import Path

from harness.probes.reading import Reading

SCHEDSTAT = Path("/proc/thread-self/schedstat")


def unsupported(schedstat: Path = SCHEDSTAT) -> str | None:
    """Say why this kernel does not tell it, or None."""
    return None if schedstat.exists() else f"this kernel has no {schedstat} (CONFIG_SCHED_INFO)"


class RunDelayProbe:
    """Reads the main thread's own run-queue delay, exact to the nanosecond (Documentation/scheduler/sched-stats)."""

    def __init__(self, schedstat: Path = SCHEDSTAT) -> None:
        self._schedstat = schedstat
        self._unsupported = unsupported(schedstat)

    def start(self) -> None:
        self._before_ns = self._delay_ns()

    def stop(self, _events: int) -> Reading:
        if self._unsupported:
            return Reading(absent={"run_delay_s": self._unsupported})
        return Reading(metrics={"run_delay_s": (self._delay_ns() - self._before_ns) / 1e9})

    def _delay_ns(self) -> int:
        return 0 if self._unsupported else int(self._schedstat.read_text(encoding="utf-8").split()[1])
