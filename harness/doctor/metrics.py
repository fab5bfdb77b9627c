"""What this kernel does not count: the metrics that are absent here, each with its reason."""

from collections.abc import Iterator
from pathlib import Path

from bpf.btf import KernelTypes
from bpf.errors import CannotRun
from bpf.process import TRACEPOINTS
from harness.doctor import AS_ROOT, Finding
from harness.machine.privileges import missing_capabilities
from harness.probes import kernel
from harness.probes.process import SCHEDSTAT, no_peak, no_run_delay

# By tracepoint: the metrics that follow from what is counted there, and the cure.
_COUNTED = {
    "sched_wakeup": ("wakeups, records_per_wakeup", "boot a distribution's kernel"),
    "sys_enter": ("syscalls, syscalls_per_event", "boot a kernel built with CONFIG_FTRACE_SYSCALLS=y"),
    "sys_exit": ("epoll_notified", "boot a kernel built with CONFIG_FTRACE_SYSCALLS=y"),
    "irq_work_entry": ("irq_works", "use x86-64: other processors have no such tracepoint"),
}


def check(schedstat: Path = SCHEDSTAT) -> Iterator[Finding]:
    """Ask each probe whether it is supported; bench runs without what is missing, and never shows it as 0."""
    lacking = [
        _absent("run_delay_s", no_run_delay(schedstat), "boot a kernel built with CONFIG_SCHED_INFO=y"),
        _absent("rss_peak_bytes", no_peak(), "boot a kernel built with CONFIG_PROC_PAGE_MONITOR=y"),
    ]
    if missing_capabilities():
        yield Finding(level="unchecked", what="whether the kernel times programs (program_ns_per_event)", cure=AS_ROOT)
    else:
        lacking.append(_absent("program_ns_per_event", kernel.unsupported(), "use Linux 5.8 or later"))
    try:
        with KernelTypes() as types:
            lacking += [_tracepoint(types, tracepoint) for tracepoint in TRACEPOINTS]
    except CannotRun:
        return  # no types, no program: the check `types` says so, with its cure
    found = [finding for finding in lacking if finding is not None]
    yield from found
    if not found:
        yield Finding(level="fine", what="the kernel counts all that the probes read")


def _tracepoint(types: KernelTypes, tracepoint: str) -> Finding | None:
    metrics, cure = _COUNTED[tracepoint]
    try:
        types.tracepoint_arguments(tracepoint)
    except KeyError:
        return _absent(metrics, f"this kernel has no tracepoint {tracepoint}", cure)
    return None


def _absent(metrics: str, why: str | None, cure: str) -> Finding | None:
    return None if why is None else Finding(level="warning", what=f"absent: {metrics}: {why}", cure=cure)
