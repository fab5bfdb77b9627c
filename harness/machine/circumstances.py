"""What a run was started under that changes what is measured, and that the processes of its trials inherit."""

from __future__ import annotations

import os

_POLICIES = {getattr(os, name): name for name in ("SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_IDLE")}
_VARIABLES = (
    *("PYTHONMALLOC", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHONOPTIMIZE", "PYTHONPERFSUPPORT", "PYTHON_GIL"),
    *("PYTHON_JIT", "LD_PRELOAD", "GLIBC_TUNABLES"),
)


def circumstances() -> list[str]:
    """List them in words; none on a run as it should be."""
    found = []
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice:
        found.append(f"nice {nice}")
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    if policy != os.SCHED_OTHER:
        found.append(_POLICIES.get(policy, f"scheduling policy {policy}"))
    return found + [f"{name}={os.environ[name]}" for name in _VARIABLES if os.environ.get(name)]
