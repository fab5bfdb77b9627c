"""Other work on this machine, and time taken by the host: both of them within a short sample."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.doctor._finding import Finding

SAMPLE_S = 0.3
BUSY_LIMIT = 0.10
STEAL_LIMIT = 0.01


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Ticks since boot, all CPUs together, from the first line of /proc/stat."""

    total: int
    idle: int
    steal: int

    @classmethod
    def parse(cls, stat: str) -> CpuTime:
        """Read the line `cpu  user nice system idle iowait irq softirq steal guest guest_nice`."""
        ticks = [int(word) for word in stat.split("\n", 1)[0].split()[1:9]]  # guest time is in user time
        return cls(total=sum(ticks), idle=ticks[3] + ticks[4], steal=ticks[7])


def check() -> Iterator[Finding]:
    """Sample the machine while this process sleeps."""
    before = CpuTime.parse(Path("/proc/stat").read_text())
    time.sleep(SAMPLE_S)
    yield from judge(before, CpuTime.parse(Path("/proc/stat").read_text()))


def judge(before: CpuTime, after: CpuTime) -> Iterator[Finding]:
    """Turn two samples into findings."""
    total = after.total - before.total
    if total <= 0:
        yield Finding(level="unchecked", what="other load and steal: the kernel's CPU times did not advance")
        return
    steal = (after.steal - before.steal) / total
    busy = 1 - (after.idle - before.idle) / total - steal
    if busy > BUSY_LIMIT:
        yield Finding(
            level="warning",
            what=f"other processes keep the CPUs {busy:.0%} busy",
            cure="stop them (top shows them), or measure later",
        )
    else:
        yield Finding(level="fine", what="the machine is idle but for us")
    if steal > STEAL_LIMIT:
        yield Finding(
            level="warning",
            what=f"the host takes {steal:.0%} of the CPU time (steal)",
            cure="use a machine with CPUs of its own (a dedicated or bare-metal instance)",
        )
