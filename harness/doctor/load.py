"""Other work on this machine, within a short sample. What the host takes shows only on busy CPUs: see `spin`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.doctor import Finding

STAT = Path("/proc/stat")
SAMPLE_S = 0.3
BUSY_LIMIT = 0.10


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Ticks since boot, from a line of /proc/stat."""

    total: int
    idle: int
    steal: int

    @classmethod
    def parse(cls, stat: str) -> CpuTime:
        """Read the line `cpu  user nice system idle iowait irq softirq steal guest guest_nice`."""
        ticks = [int(word) for word in stat.split("\n", 1)[0].split()[1:9]]  # guest time is in user time
        return cls(total=sum(ticks), idle=ticks[3] + ticks[4], steal=ticks[7])

    @classmethod
    def of_each(cls, stat: str, cpus: Iterable[int]) -> dict[int, CpuTime]:
        """Read the lines of these CPUs; one that is not told of is left out."""
        lines = {line.split(" ", 1)[0]: line for line in stat.splitlines()}
        return {cpu: cls.parse(lines[f"cpu{cpu}"]) for cpu in cpus if f"cpu{cpu}" in lines}


def check() -> Iterator[Finding]:
    """Sample the machine while this process sleeps."""
    before = CpuTime.parse(STAT.read_text(encoding="utf-8"))
    time.sleep(SAMPLE_S)
    yield from judge(before, CpuTime.parse(STAT.read_text(encoding="utf-8")))


def judge(before: CpuTime, after: CpuTime) -> Iterator[Finding]:
    """Turn two samples into findings."""
    total = after.total - before.total
    if total <= 0:
        yield Finding(level="unchecked", what="other load: the kernel's CPU times did not advance")
        return
    busy = 1 - (after.idle - before.idle + after.steal - before.steal) / total
    if busy > BUSY_LIMIT:
        yield Finding(
            level="warning",
            what=f"other processes keep the CPUs {busy:.0%} busy",
            cure="stop them (top shows them), or measure later",
        )
    else:
        yield Finding(level="fine", what="no other process wants the CPUs")
