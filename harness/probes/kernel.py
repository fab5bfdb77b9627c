"""What the kernel spends on a consumer: the program's own time, wakeups, system calls, returns from epoll.

A pass of its own: timing each run adds some 20 ns to it, and a program at each system call some 100 ns. Run by the
harness, so that the consumer's process is what it is in the timed pass.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from bpf import syscalls
from bpf.process import ProcessCounter
from harness.probes.reading import Reading

# Metric by the field of bpf.process.Counts that it is made of.
_COUNTED = {"wakeups": "wakeups", "syscalls": "syscalls", "epoll_ready": "epoll_notified", "irq_works": "irq_works"}
_NO_PROGRAM_TIME = "the kernel keeps no run-time statistics of BPF programs"


def unsupported() -> str | None:
    """Say why this kernel cannot time a program's runs, or None. Raises nothing; needs root."""
    try:
        os.close(syscalls.enable_statistics())
    except OSError as error:
        return f"{_NO_PROGRAM_TIME} ({error.strerror})"
    return None


class ProgramTime(ExitStack):
    """Times programs from `start` to `stop`, as a context manager: what all took, for a run of the busiest."""

    def __init__(self, programs: Sequence[int]) -> None:
        super().__init__()
        self._ids = programs
        self._absent: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._programs = [syscalls.open_program(each) for each in self._ids]
        for each in self._programs:
            self.callback(os.close, each)
        try:
            self.callback(os.close, syscalls.enable_statistics())
        except OSError as error:
            self._absent["program_ns_per_event"] = f"{_NO_PROGRAM_TIME} ({error.strerror})"
        return self

    def start(self) -> None:
        self._before = self._read()

    def _read(self) -> list[tuple[int, int]]:
        return [(info.run_count, info.run_time_ns) for info in map(syscalls.program_info, self._programs)]

    def stop(self, _events: int) -> Reading:
        grown = [(now[0] - was[0], now[1] - was[1]) for was, now in zip(self._before, self._read(), strict=True)]
        runs = max(count for count, _ in grown)
        if self._absent:
            return Reading(absent=self._absent)
        if not runs:
            return Reading(absent={"program_ns_per_event": "the program did not run"})
        return Reading(metrics={"program_ns_per_event": sum(ns for _, ns in grown) / runs})


class KernelProbe(ExitStack):
    """Counts from `start` to `stop`, as a context manager. Raises CannotRun on entering when nothing can be counted."""

    def __init__(self, pid: int, programs: Sequence[int]) -> None:
        super().__init__()
        self._counter = ProcessCounter(pid)
        self._time = ProgramTime(programs)

    def __enter__(self) -> Self:
        self.enter_context(self._counter)
        self.enter_context(self._time)
        return self

    def start(self) -> None:
        self._time.start()
        self._before = self._counter.read()

    def stop(self, events: int) -> Reading:
        counts = self._counter.read() - self._before
        uncounted = self._counter.uncounted
        metrics: dict[str, float] = {}
        absent: dict[str, str] = {}
        for field, metric in _COUNTED.items():
            if field in uncounted:
                absent[metric] = uncounted[field]
            else:
                metrics[metric] = getattr(counts, field)
        if "wakeups" in absent:
            absent["records_per_wakeup"] = absent["wakeups"]
        elif counts.wakeups:
            metrics["records_per_wakeup"] = events / counts.wakeups
        else:
            absent["records_per_wakeup"] = "nothing woke the consumer"
        if "syscalls" in absent:
            absent["syscalls_per_event"] = absent["syscalls"]
        elif events:
            metrics["syscalls_per_event"] = counts.syscalls / events
        return Reading(metrics=metrics, absent=absent) | self._time.stop(events)
