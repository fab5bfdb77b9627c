"""Who else had the CPUs of a trial: time taken by the host (steal), by interrupts, and by foreign processes.

Two reads of /proc/stat and of the times of our own processes per trial, made by the harness. The kernel counts these by
tick (4 ms at 250 Hz), so that they are a sample, and nothing is said of a span shorter than half a second. The span of
a drain trial begins before its processes do: the drain itself is over within a few ticks.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.machine.group import time_used
from harness.machine.quota import PROC, throttled_s
from harness.probes.reading import Reading
from results.disturbance import STOLEN, TAKEN
from results.errors import BadInput
from results.metrics import FOREIGN, RUN_DELAY, SOFTIRQ, STEAL, THROTTLED, WATCHED

STAT = Path("/proc/stat")
SHORTEST_S = 0.5
# One period (100 ms) held back in ten seconds: it is an interruption longer than any ring of ours is sized for.
THROTTLED_LIMIT = 0.01
_METRICS = (STEAL.name, SOFTIRQ.name, FOREIGN.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much others may take before a trial is disturbed: shares of the CPUs in use, and of the trial's time.

    Steal moves every time and rate by as much as it is; foreign load and a wait for the CPU make events late.
    """

    steal: float = 0.05
    foreign: float = 0.1
    run_delay: float = 0.1

    def __post_init__(self) -> None:
        limits = {"--steal-limit": self.steal, "--foreign-limit": self.foreign, "--run-delay-limit": self.run_delay}
        for name, share in limits.items():
            if not 0 <= share <= 1:
                raise BadInput(f"{name} is a share from 0 to 1; it is {share:g}")


@dataclass(frozen=True, slots=True)
class _Ticks:
    total: int
    idle: int
    steal: int
    softirq: int


class MachineProbe:
    """Compares what the CPUs did with what our processes used, this one among them."""

    def __init__(self, cpus: Collection[int | None], stat: Path = STAT) -> None:
        """Watch the CPUs (None: all) on which the work of a trial is done, from now on."""
        self._names = {f"cpu{cpu}" for cpu in cpus} if None not in cpus else {"cpu"}
        self._here = psutil.Process()
        self._workers: list[psutil.Process] = []
        self._groups: list[Path] = []
        self._stat = stat
        self.start()

    def own(self, processes: Iterable[int]) -> None:
        """Count the time of these processes, which were started under this watch, and of their offspring as ours.

        By their control group, where they have one: what has left its parents is still in it.
        """
        for process in processes:
            if (used := time_used(process)) is not None:
                self._groups.append(used)
            else:
                self._workers.append(psutil.Process(process))

    def start(self) -> None:
        """Begin the span anew."""
        self._began_s = time.monotonic()
        self._own_before_s = self._own_s()
        self._before = self._ticks()

    def stop(self) -> Reading:
        try:
            after, own_s = self._ticks(), self._own_s() - self._own_before_s
        except (psutil.NoSuchProcess, OSError):
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
                STEAL.name: steal / total,
                SOFTIRQ.name: (after.softirq - before.softirq) / total,
                FOREIGN.name: max(0.0, busy - own) / total,
            }
        )

    def _ticks(self) -> _Ticks:
        """Add up the lines `cpuN user nice system idle iowait irq softirq steal guest guest_nice` of our CPUs."""
        lines = [line.split() for line in self._stat.read_text(encoding="utf-8").splitlines() if line.startswith("cpu")]
        rows = [[int(word) for word in line[1:9]] for line in lines if line[0] in self._names]
        self._width = len(rows) if self._names != {"cpu"} else len(lines) - 1
        sums = [sum(column) for column in zip(*rows, strict=True)]
        return _Ticks(total=sum(sums), idle=sums[3] + sums[4], steal=sums[7], softirq=sums[6])

    def _own_s(self) -> float:
        """Add up what our processes used; one that has ended keeps its times until it is waited for.

        What a mode starts is the mode's doing, whether it still runs or has been waited for: no foreign load.
        """
        here = self._here.cpu_times()
        families = [[worker, *worker.children(recursive=True)] for worker in self._workers]
        grouped = sum(int(used.read_text(encoding="utf-8").split()[1]) for used in self._groups) / 1e6  # usage_usec
        alone = sum(sum(each.cpu_times()[:4]) for family in families for each in family)
        return here.user + here.system + grouped + alone


class ThrottlingProbe:
    """Reads how long a quota of CPU time held back what a trial runs: two reads of the control groups' own counters.

    Exact to the microsecond, of all groups that the harness and its workers are in.

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


def disturbed_because(reading: Reading, limits: Limits) -> list[str]:
    """Say in what the machine was not quiet; what is absent is not judged."""
    delay_s, watched_s = reading.metrics.get(RUN_DELAY.name), reading.metrics.get(WATCHED.name)
    found = (
        (
            reading.metrics.get(THROTTLED.name),
            THROTTLED_LIMIT,
            "a CPU quota held the processes back for {} of one CPU's time",
            "the limit of",
        ),
        (reading.metrics.get(STEAL.name), limits.steal, STOLEN, "--steal-limit"),
        (
            reading.metrics.get(FOREIGN.name),
            limits.foreign,
            TAKEN,
            "--foreign-limit",
        ),
        (
            delay_s / watched_s if delay_s is not None and watched_s else None,
            limits.run_delay,
            "the consumer was ready and had no CPU for {} of its time",
            "--run-delay-limit",
        ),
    )
    return [
        f"{what.format(f'{share:.1%}')}, more than {option} {limit:.1%}"
        for share, limit, what, option in found
        if share is not None and share > limit
    ]
