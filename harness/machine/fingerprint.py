"""The fingerprint of the machine, which must be equal for two results to be compared, and how a run was started."""

import os
import platform
import sysconfig
from pathlib import Path

from bpf.errors import CannotRun
from bpf.program import import_bcc
from harness.machine.checkout import VERSION, checkout
from harness.machine.git import Repository
from results.errors import BadInput

_POLICIES = {getattr(os, name): name for name in ("SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_IDLE")}
_VARIABLES = (
    *("PYTHONMALLOC", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHONOPTIMIZE", "PYTHONPERFSUPPORT", "PYTHON_GIL"),
    *("PYTHON_JIT", "LD_PRELOAD", "GLIBC_TUNABLES"),
)


def fingerprint() -> dict[str, str | int | None]:
    """Describe the machine and what is measured on it; None for what cannot be told."""
    return {
        "machine": platform.machine(),
        "cpu_model": _cpu_model(),
        "cpus": os.cpu_count(),
        "cpus_allowed": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "python": platform.python_version() + "t" * bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "bcc": str(import_bcc().__version__),
        "bench": VERSION,
        "commit": _commit(),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip(),
        "circumstances": ", ".join(circumstances()) or "none",
    }


def circumstances() -> list[str]:
    """List in words what a run was started under that changes what is measured, and that its trials' processes inherit.

    None on a run as it should be.
    """
    found = []
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice:
        found.append(f"nice {nice}")
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    if policy != os.SCHED_OTHER:
        found.append(_POLICIES.get(policy, f"scheduling policy {policy}"))
    return found + [f"{name}={os.environ[name]}" for name in _VARIABLES if os.environ.get(name)]


def _cpu_model() -> str | None:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model", "cpu model"):
            return value.strip()
    return None


def _commit() -> str | None:
    """Return the checkout's commit, marked when files differ from it; None where git will not say."""
    try:
        repository = Repository.holding(checkout())
        return None if repository is None else repository.description()
    except (CannotRun, BadInput):
        return None
