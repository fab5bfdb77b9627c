"""CPU time, memory and run-queue delay of the consumer process: a few reads per trial."""

import os
import resource
import sys
import time
from pathlib import Path

from harness.machine.proc import lines
from harness.probes.reading import Reading
from results.metrics import RUN_DELAY, WATCHED


class CpuProbe:
    """Total CPU time is exact; without VIRT_CPU_ACCOUNTING the split into user and system is sampled by tick."""

    def start(self) -> None:
        self._before = resource.getrusage(resource.RUSAGE_SELF)

    def stop(self, events: int) -> Reading:
        before, after = self._before, resource.getrusage(resource.RUSAGE_SELF)
        user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
        metrics = {
            "cpu_s": user + system,
            "cpu_user_s": user,
            "cpu_system_s": system,
            "switches_voluntary": after.ru_nvcsw - before.ru_nvcsw,
            "switches_involuntary": after.ru_nivcsw - before.ru_nivcsw,
            "page_faults": after.ru_minflt - before.ru_minflt + after.ru_majflt - before.ru_majflt,
        }
        if events:
            metrics["cpu_ns_per_event"] = (user + system) * 1e9 / events
        return Reading(metrics=metrics)


PROC = Path("/proc/self")


def no_peak(proc: Path = PROC) -> str | None:
    """Say why the peak of a trial cannot be told, or None. Resets this process's own peak."""
    try:
        (proc / "clear_refs").write_text("5")  # since 4.0: resets VmHWM, touches no page
    except OSError as error:
        return f"the peak cannot be reset after the start ({proc}/clear_refs: {error.strerror})"
    return None


class MemoryProbe:
    """Reads peak and growth of resident memory, and the blocks that are still allocated.

    `sys.getallocatedblocks` counts what Python's own allocator (objects up to 512 bytes) holds now; what came and went
    in between is the allocation pass's. It takes 0.2 us on a small heap, 135 us on one of three million objects.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc

    def start(self) -> None:
        self._no_peak = no_peak(self._proc)  # forgets the peak of the start, when the compiler was at work
        self._resident_before = self._resident_bytes()
        self._blocks_before = sys.getallocatedblocks()  # 0 under another allocator than Python's own (PYTHONMALLOC)

    def stop(self, events: int) -> Reading:
        blocks = sys.getallocatedblocks() - self._blocks_before
        metrics: dict[str, float] = {"rss_growth_bytes": self._resident_bytes() - self._resident_before}
        absent = {}
        if self._no_peak is None:
            metrics["rss_peak_bytes"] = self._peak_bytes()
        else:
            absent["rss_peak_bytes"] = self._no_peak
        if not self._blocks_before:
            absent["blocks_retained_per_event"] = "Python's own allocator, which counts blocks, is off (PYTHONMALLOC)"
        elif events:
            metrics["blocks_retained_per_event"] = blocks / events
        return Reading(metrics=metrics, absent=absent)

    def _resident_bytes(self) -> int:
        return int((self._proc / "statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _peak_bytes(self) -> int:
        return next(int(line.split()[1]) * 1024 for line in lines(self._proc / "status") if line.startswith("VmHWM:"))


SCHEDSTAT = Path("/proc/thread-self/schedstat")


def no_run_delay(schedstat: Path = SCHEDSTAT) -> str | None:
    """Say why this kernel does not tell it, or None."""
    return None if schedstat.exists() else f"this kernel has no {schedstat} (CONFIG_SCHED_INFO)"


class RunDelayProbe:
    """Reads the main thread's own run-queue delay, exact to the nanosecond (Documentation/scheduler/sched-stats).

    It waits outside the time from the first drop to the last event consumed, too: what it waited is a share of the time
    between the two readings, which is told beside it.
    """

    def __init__(self, schedstat: Path = SCHEDSTAT) -> None:
        self._schedstat = schedstat
        self._unsupported = no_run_delay(schedstat)

    def start(self) -> None:
        self._began_ns = time.monotonic_ns()
        self._before_ns = self._delay_ns()

    def stop(self, _events: int) -> Reading:
        if self._unsupported:
            return Reading(absent=dict.fromkeys((RUN_DELAY.name, WATCHED.name), self._unsupported))
        waited_ns = self._delay_ns() - self._before_ns
        watched_ns = time.monotonic_ns() - self._began_ns
        return Reading(metrics={RUN_DELAY.name: waited_ns / 1e9, WATCHED.name: watched_ns / 1e9})

    def _delay_ns(self) -> int:
        return 0 if self._unsupported else int(self._schedstat.read_text(encoding="utf-8").split()[1])
