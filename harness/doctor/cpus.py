"""CPUs: two are needed to keep the generator from taking the consumer's time."""

import os
from collections.abc import Iterator
from pathlib import Path

from harness.doctor import Finding
from harness.machine.quota import Quota, quotas, statistics

SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


def check() -> Iterator[Finding]:
    """Count the CPUs that this process may use, the cores they are on, and the time it is granted on them."""
    cpus = sorted(os.sched_getaffinity(0))
    cores = {_siblings(cpu) for cpu in cpus}
    if len(cpus) < 2:
        yield Finding(
            level="warning",
            what="one CPU only: generator and consumer take turns, so no rate says what either could do alone",
            cure="give the machine or container two CPUs",
        )
    elif len(cores) < 2:
        yield Finding(
            level="warning",
            what="one core only: generator and consumer share it as hyperthreads",
            cure="give the machine two cores",
        )
    else:
        yield Finding(level="fine", what=f"{len(cpus)} CPUs on {len(cores)} cores")
    yield from judge_quotas(quotas(), len(cpus))


def judge_quotas(found: list[Quota], cpus: int) -> Iterator[Finding]:
    """Warn of the tightest quota, if it is less than the CPUs could use."""
    for quota in found[:1]:
        if quota.cpus < cpus:
            counted = statistics(quota.group)
            used_up = f" ({counted['nr_throttled']} of {counted['nr_periods']} so far)" if counted else ""
            yield Finding(
                level="warning",
                what=f"CPU time is capped at {quota.quota_us:,} of each {quota.period_us:,} us ({quota.group}): when "
                f"that is used up{used_up}, nothing of ours runs for the rest of the period, and trials are disturbed",
                cure="take the limit away (docker run without --cpus; Kubernetes: no CPU limit; systemd: no CPUQuota=)",
            )


def _siblings(cpu: int) -> str:
    """Return the CPUs on the same core, as the kernel lists them; a machine that tells nothing has one a core."""
    path = Path(SIBLINGS.format(cpu))
    return path.read_text(encoding="utf-8").strip() if path.exists() else str(cpu)
