"""The numbers of a trial that a report can show, with the words and the unit that go with each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from results import units
from results.trial import Trial

Better = Literal["higher", "lower"] | None


@dataclass(frozen=True, slots=True)
class Column:
    """One number of a trial: its name in exports, its heading, how it is written and which way is better."""

    name: str
    title: str
    write: Callable[[float], str]
    better: Better
    value: Callable[[Trial], float | None]
    means: str

    @property
    def timing(self) -> bool:
        """Whether it is a time, or a rate that the consumer sets: doubtful where the machine was not quiet."""
        return self.name == "consume_rate" or self.write in (units.nanoseconds, units.seconds)


def _metric(name: str, title: str, write: Callable[[float], str], better: Better, means: str) -> Column:
    return Column(name, title, write, better, lambda trial: trial.metrics.get(name), means)


CONSUME_RATE = Column(
    "consume_rate", "consumed", units.rate, "higher", lambda trial: trial.consume_rate,
    "records consumed per second, from the first drop offered to the last record consumed",
)  # fmt: skip
OFFERED_LOAD = Column(
    "offered_load", "offered", units.rate, None, lambda trial: trial.offered_load,
    "drops per second that reached the hook",
)  # fmt: skip
LOST = Column(
    "lost", "lost", units.quantity, "lower", lambda trial: float(trial.ledger.lost),
    "drops of a trial that never became readable",
)  # fmt: skip
LOSS_RATIO = Column(
    "loss_ratio", "loss", units.percent, "lower", lambda trial: trial.ledger.loss_ratio,
    "lost / offered",
)  # fmt: skip
NS_PER_EVENT = Column(
    "ns_per_event", "drain", units.nanoseconds, "lower", lambda trial: trial.ns_per_event,
    "time for an event when a full ring is emptied, independent of any load",
)  # fmt: skip
AGE_P99 = _metric(
    "age_p99_ns", "p99 age", units.nanoseconds, "lower",
    "99 of 100 consumed events were at most this old when they were handled",
)  # fmt: skip
CPU_PER_EVENT = _metric(
    "cpu_ns_per_event", "CPU/event", units.nanoseconds, "lower",
    "CPU time of the consumer process, user and system, for an event",
)  # fmt: skip
ALLOCATIONS = _metric(
    "allocations_per_event", "allocs/event", units.digits, "lower",
    "allocations of the Python heap for an event, short-lived ones included",
)  # fmt: skip
GC_PAUSE = _metric(
    "gc_pause_max_s", "GC max", units.seconds, "lower",
    "the longest pause of the garbage collector",
)  # fmt: skip
RSS = _metric(
    "rss_peak_bytes", "RSS", units.size, "lower",
    "the most memory that the consumer process held",
)  # fmt: skip

SCORECARD = (
    CONSUME_RATE, OFFERED_LOAD, LOST, LOSS_RATIO, AGE_P99, CPU_PER_EVENT, NS_PER_EVENT, ALLOCATIONS, GC_PAUSE, RSS,
)  # fmt: skip

_DETAILS = (
    _metric("cpu_s", "CPU", units.seconds, "lower", "CPU time of the consumer process"),
    _metric("cpu_user_s", "CPU user", units.seconds, "lower", "of it, in user mode"),
    _metric("cpu_system_s", "CPU system", units.seconds, "lower", "of it, in the kernel"),
    _metric("switches_voluntary", "sleeps", units.quantity, "lower", "times the consumer went to sleep"),
    _metric("switches_involuntary", "preempted", units.quantity, "lower", "times the consumer lost its CPU"),
    _metric("page_faults", "page faults", units.quantity, "lower", "page faults of the consumer"),
    _metric("rss_growth_bytes", "RSS growth", units.size, "lower", "memory gained between start and stop"),
    _metric("gc_pause_total_s", "GC total", units.seconds, "lower", "all pauses of the garbage collector together"),
    _metric("allocated_bytes_per_event", "bytes/event", units.size, "lower", "bytes allocated for an event"),
    _metric("blocks_retained_per_event", "blocks kept/event", units.digits, "lower", "memory blocks kept for an event"),
    _metric("age_p50_ns", "p50 age", units.nanoseconds, "lower", "median age of an event when it was handled"),
    _metric("age_p999_ns", "p99.9 age", units.nanoseconds, "lower", "age that 1 event of 1,000 exceeds"),
    _metric("age_max_ns", "max age", units.nanoseconds, "lower", "the oldest event when it was handled"),
    _metric("program_ns_per_event", "program/event", units.nanoseconds, "lower", "the BPF program, for a drop"),
    _metric("softirq_ratio", "softirq", units.percent, "lower", "share of the CPUs in use that softirqs took, by tick"),
    _metric("foreign_ratio", "foreign", units.percent, "lower", "share of the CPUs in use that other processes took"),
    _metric("steal_ratio", "steal", units.percent, "lower", "share of the CPUs in use that the host took"),
    _metric("throttled_ratio", "throttled", units.percent, "lower", "time that a CPU quota held the processes back"),
    _metric("run_delay_s", "CPU wait", units.seconds, "lower", "time that the consumer was ready and had no CPU"),
    _metric("wakeups", "wakeups", units.quantity, None, "wakeups that the kernel sent to the consumer"),
    _metric("epoll_returns", "epoll returns", units.quantity, None, "times that epoll_wait returned"),
    _metric("records_per_wakeup", "records/wakeup", units.quantity, None, "records taken for each wakeup"),
    _metric("syscalls_per_event", "syscalls/event", units.digits, "lower", "system calls of the consumer for an event"),
    _metric("ring_used_p99_bytes", "ring used p99", units.size, "lower", "ring in use, 99 of 100 samples below"),
    _metric("generator_lateness_p99_ns", "sender late p99", units.nanoseconds, "lower", "how late the sender was"),
)  # fmt: skip

COLUMNS = {column.name: column for column in (*SCORECARD, *_DETAILS)}


def column(name: str) -> Column:
    """Find a column by its name. A metric without a description of its own is shown plainly, by name."""
    return COLUMNS.get(name) or _metric(name, name, units.quantity, None, "")
