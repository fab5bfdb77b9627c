"""Who else had the CPUs of a trial: time taken by the host (steal), by interrupts, and by foreign processes.

Two reads of /proc/stat and of the times of our own processes a trial, made by the harness. The kernel counts these by
tick (4 ms at 250 Hz), so that they are a sample, and nothing is said of a trial shorter than half a second.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.probes.reading import Reading

STAT = Path("/proc/stat")
SHORTEST_S = 0.5
_METRICS = ("steal_ratio", "softirq_ratio", "foreign_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of the CPUs in use (the consumer's and the generator's) others may take before a trial is invalid.

    Steal moves every time and rate by as much as it is. Foreign load does so where it keeps the consumer waiting
    (run_delay_s says for how long); the limit is where our two sides together hardly ran.
    """

    steal: float = 0.05
    foreign: float = 0.9
    warn_foreign: float = 0.1

    def __post_init__(self) -> None:
        for name, share in (("--steal-limit", self.steal), ("--foreign-limit", self.foreign)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is a share of CPU time from 0 to 1; it is {share:g}")


@dataclass(frozen=True, slots=True)
class _Ticks:
    total: int
    idle: int
    steal: int
    softirq: int


class MachineProbe:
    """Compares what the CPUs did with what our processes used."""

    def __init__(self, cpus: Collection[int | None], processes: Collection[int], stat: Path = STAT) -> None:
        """Watch the CPUs (None: all) on which these processes, and this one, do the work of a trial."""
        self._names = {f"cpu{cpu}" for cpu in cpus} if None not in cpus else {"cpu"}
        self._processes = [psutil.Process(pid) for pid in (*processes, psutil.Process().pid)]
        self._stat = stat

    def start(self) -> None:
        self._began_s = time.monotonic()
        self._own_before_s = self._own_s()
        self._before = self._ticks()

    def stop(self, _events: int) -> Reading:
        try:
            after, own_s = self._ticks(), self._own_s() - self._own_before_s
        except psutil.NoSuchProcess:
            return Reading(absent=dict.fromkeys(_METRICS, "a process of the trial died"))
        before = self._before
        total = after.total - before.total
        elapsed_s = time.monotonic() - self._began_s
        if elapsed_s < SHORTEST_S or total <= 0:
            why = f"the trial was shorter than {SHORTEST_S:g} s: too few of the kernel's ticks"
            return Reading(absent=dict.fromkeys(_METRICS, why))
        steal = after.steal - before.steal
        busy = total - (after.idle - before.idle) - steal
        own = own_s * total / (elapsed_s * self._width)
        return Reading(
            metrics={
                "steal_ratio": steal / total,
                "softirq_ratio": (after.softirq - before.softirq) / total,
                "foreign_ratio": max(0.0, busy - own) / total,
            }
        )

    def _ticks(self) -> _Ticks:
        """Add up the lines `cpuN user nice system idle iowait irq softirq steal guest guest_nice` of our CPUs."""
        lines = [line.split() for line in self._stat.read_text().splitlines() if line.startswith("cpu")]
        rows = [[int(word) for word in line[1:9]] for line in lines if line[0] in self._names]
        self._width = len(rows) if self._names != {"cpu"} else len(lines) - 1
        sums = [sum(column) for column in zip(*rows, strict=True)]
        return _Ticks(total=sum(sums), idle=sums[3] + sums[4], steal=sums[7], softirq=sums[6])

    def _own_s(self) -> float:
        """Add up what our processes used; one that has ended keeps its times until it is waited for."""
        return sum(times.user + times.system for times in (process.cpu_times() for process in self._processes))


def judge(reading: Reading, limits: Limits) -> tuple[list[str], list[str]]:
    """Return why the machine makes the trial invalid, and what to warn of."""
    invalid, warnings = [], []
    steal, foreign = reading.metrics.get("steal_ratio"), reading.metrics.get("foreign_ratio")
    if steal is not None and steal > limits.steal:
        invalid.append(
            f"the host took {steal:.1%} of the CPU time (steal), more than the limit of {limits.steal:.1%}; "
            "use a machine with CPUs of its own, or raise --steal-limit"
        )
    if foreign is not None and foreign > limits.foreign:
        invalid.append(
            f"other processes took {foreign:.1%} of the CPUs in use, more than the limit of {limits.foreign:.1%}; "
            "stop them (top shows them), or raise --foreign-limit"
        )
    elif foreign is not None and foreign > limits.warn_foreign:
        warnings.append(f"other processes took more than {limits.warn_foreign:.0%} of the CPUs in use")
    return invalid, warnings
