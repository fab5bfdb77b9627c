"""What the host takes once the CPUs are wanted, and for how long at a stretch: an idle machine tells neither."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.doctor import Finding
from harness.doctor.load import STAT, CpuTime
from harness.machine import spinner

SPIN_S = 1.0
STEAL_LIMIT = 0.01
GAP_LIMIT_S = 0.01 * SPIN_S  # as long a wait once in the spin is the p99 of events that come evenly
LOAD = 100_000  # what `bench run` offers in a second unless told otherwise

SPINNER = Path(spinner.__file__)


def check(stat: Path = STAT, spin_s: float = SPIN_S) -> Iterator[Finding]:
    """Keep every CPU that this process may use busy at once, each with a process of its own."""
    cpus = sorted(os.sched_getaffinity(0))
    before = CpuTime.of_each(stat.read_text(encoding="utf-8"), cpus)
    gaps_ns = spin(cpus, spin_s)
    yield from judge(before, CpuTime.of_each(stat.read_text(encoding="utf-8"), cpus), gaps_ns)


def spin(cpus: list[int], spin_s: float) -> dict[int, int]:
    """Return the longest interruption on each CPU in nanoseconds."""
    spinners = {}
    try:
        for cpu in cpus:
            command = [sys.executable, "-I", "-S", str(SPINNER), str(cpu), str(spin_s)]
            # Ctrl-C is for this process alone, which then ends them.
            spinners[cpu] = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        return {cpu: int(each.communicate()[0]) for cpu, each in spinners.items()}
    finally:
        for each in spinners.values():
            each.kill()
            each.wait()


def judge(before: Mapping[int, CpuTime], after: Mapping[int, CpuTime], gaps_ns: Mapping[int, int]) -> Iterator[Finding]:
    """Say what was taken, what that means for timings, counts and gates, and what cures it."""
    yield _judge_steal({cpu: (before[cpu], after[cpu]) for cpu in before if cpu in after})
    cpu = max(gaps_ns, key=lambda cpu: gaps_ns[cpu])
    gap_s = gaps_ns[cpu] / 1e9
    what = f"the longest interruption of a busy CPU was {gap_s * 1e3:.2g} ms (CPU {cpu})"
    if gap_s > GAP_LIMIT_S:
        yield Finding(
            level="warning",
            what=f"{what}: of {LOAD:,} events per second {LOAD * gap_s:,.0f} wait that long, so p99 ages, and gates "
            "on them, measure the machine; counts stay exact",
            cure="stop other work (top shows it); if there is none, it is the host: use CPUs of its own",
        )
    else:
        yield Finding(level="fine", what=what)


def _judge_steal(times: Mapping[int, tuple[CpuTime, CpuTime]]) -> Finding:
    total = sum(after.total - before.total for before, after in times.values())
    if total <= 0:
        why = "/proc/stat stands still, or does not tell of these CPUs"
        return Finding(level="unchecked", what=f"what the host takes of busy CPUs (steal): {why}")
    stolen = {cpu: after.steal - before.steal for cpu, (before, after) in times.items()}
    share = sum(stolen.values()) / total
    if share <= STEAL_LIMIT:
        return Finding(
            level="fine", what=f"the host takes {share:.1%} of the time of busy CPUs (steal): times can be compared"
        )
    worst = max(stolen, key=lambda cpu: stolen[cpu])
    return Finding(
        level="warning",
        what=f"the host takes {share:.0%} of the time of busy CPUs (steal; most of CPU {worst}'s): "
        "times and rates are off by as much, a gate on them takes more blocks or ends INCONCLUSIVE; counts stay exact",
        cure="use a machine with CPUs of its own (a dedicated or bare-metal instance), or gate on counts",
    )
