"""The one table of numbers: what a trial can hold, in which unit, what it means, who measures it, how it is gated.

Columns, details, exports, gates, comparisons and docs/metrics.md are made from it or held against it by a test. A probe
that reads a name which is not here raises (harness/probes/reading.py). The order is that of columns.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log1p
from typing import Any, Literal, Self

from results.session import collector, python_line
from results.trial import Pass, Trial, TrialKind
from results.units import BYTES, COUNT, NANOSECONDS, PER_EVENT, PER_SECOND, RATIO, SECONDS, Unit

Better = Literal["higher", "lower"] | None
Scale = Literal["ratio", "difference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """How a check compares a metric on two arms: in which trials, on which scale, and how much worse is still the same.

    `margin` is delta: 0.05 on the scale "ratio" is 5 % more; 0.001 on "difference" is 0.1 percentage points more.
    `floor` is added to both sides of a ratio: an amount per event that is as good as nothing, so that counts of zero
    have a ratio too. It is 0 for times. `by_window`: where a block is a pair of processes that are measured in windows
    by turns, it is compared window by window, and not over all of them together.
    """

    trial_kind: TrialKind
    pass_: Pass
    scale: Scale
    margin: float
    floor: float = 0.0
    by_window: bool = False

    @property
    def counted(self) -> bool:
        """Whether it is a count per event, which hardly varies: fresh trials tell it as well as pairs do."""
        return self.floor > 0

    def tells_windows_of(self, trial_kind: TrialKind, pass_: Pass) -> bool:
        """Tell whether each window of such trials has a value of its own."""
        return self.by_window and (trial_kind, pass_) == (self.trial_kind, self.pass_)

    @property
    def limit(self) -> float:
        """The margin on the scale of block values: a logarithm for a ratio."""
        return log1p(self.margin) if self.scale == "ratio" else self.margin

    def shown(self, value: float) -> float:
        """Turn a block value into the ratio that it stands for, or leave the difference that it is."""
        return exp(value) if self.scale == "ratio" else value

    def to_json(self) -> dict[str, object]:
        row = asdict(self)
        row["pass"] = row.pop("pass_")
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        return cls(pass_=row["pass"], **{name: value for name, value in row.items() if name != "pass"})


@dataclass(frozen=True, slots=True)
class Source:
    """Who measures a number, and in trials of which passes."""

    by: str
    passes: tuple[Pass, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a trial, under its name in files.

    `derived` computes what follows from the ledger and the times; what has none was read, and stands in
    `Trial.metrics`. `taken_from` says which trials a row's number is of: the first kind that has it.
    `scorecard`: a column of every report. `compared`: what says something about the consumer itself, so that two files
    are compared by it; its CPU seconds and the like follow from that and the load. `alike`: what it counts of Python
    itself, its versions do differently, so that it is compared only between versions of which this says the same
    (docs/metrics.md has what changed when).
    """

    name: str
    title: str
    unit: Unit
    better: Better
    source: Source
    means: str
    taken_from: tuple[TrialKind, ...] = ("load",)
    gate: Gate | None = None
    scorecard: bool = False
    compared: bool = False
    derived: Callable[[Trial], float | None] | None = None
    alike: Callable[[str], str] | None = None

    def value(self, trial: Trial) -> float | None:
        return trial.metrics.get(self.name) if self.derived is None else self.derived(trial)

    def values(self, trials: Sequence[Trial]) -> list[float | None]:
        """Return the values of many trials, in their order."""
        name = self.name
        return (
            [trial.metrics.get(name) for trial in trials] if self.derived is None else list(map(self.derived, trials))
        )

    def write(self, value: float) -> str:
        return self.unit.write(value)

    @property
    def timing(self) -> bool:
        """Whether it is a time, or a rate that the consumer sets: doubtful where the machine was not quiet."""
        return self is CONSUME_RATE or self.unit in (NANOSECONDS, SECONDS)

    @property
    def shared(self) -> bool:
        """Whether it is a count per event, which a drain tells as well where no load trial does."""
        return len(self.taken_from) > 1


# From the pass that disturbs least: a number is read in the first of these that has it.
IN_PASSES: tuple[Pass, ...] = ("timed", "latency", "kernel", "allocation", "instructions", "sampled")
# memray, and an emulator the more, disturb whatever the others would read.
_BUT_INSTRUCTIONS = tuple(name for name in IN_PASSES if name != "instructions")
_BUT_ALLOCATION = tuple(name for name in _BUT_INSTRUCTIONS if name != "allocation")

_ACCOUNT = Source("the ledger and the times of both sides", IN_PASSES)
_AGE = Source("probes/age.py", ("latency",))
_ALLOCATION = Source("probes/allocation.py", ("allocation",))
_BACKLOG = Source("probes/backlog.py", IN_PASSES)
_CHANNEL = Source("the channel", IN_PASSES)
_COLLECTOR = Source("probes/collector.py", _BUT_ALLOCATION)
_CPU = Source("probes/process.py", _BUT_INSTRUCTIONS)
_INSTRUCTIONS = Source("probes/instructions.py", ("instructions",))
_ENGINE = Source("probes/engine.py", IN_PASSES)
_GENERATOR = Source("the generator", IN_PASSES)
_KERNEL = Source("probes/kernel.py", ("kernel",))
_LOOP = Source("the consumer's loop", IN_PASSES)
_LOSSES = Source("probes/losses.py", _BUT_ALLOCATION)
_MACHINE = Source("probes/machine.py", IN_PASSES)
_OUTSIDE = Source("probes/outside.py", IN_PASSES)
_PROCESS = Source("probes/process.py", _BUT_ALLOCATION)
_TURNS = Source("overhead/rig.py", ("timed",))
_TIMELINE = Source("probes/timeline.py", IN_PASSES)

_EITHER: tuple[TrialKind, ...] = ("load", "drain")

# A thousandth of a call or an object per event is what a reader that works in batches spends on its batches.
_COUNT_FLOOR = 0.001


def _counted(pass_: Pass) -> Gate:
    """Gate a count per event, by drain trials: it varies little, and less than that is no change."""
    return Gate(trial_kind="drain", pass_=pass_, scale="ratio", margin=0.01, floor=_COUNT_FLOOR)


METRICS: dict[str, Metric] = {}


def _metric(  # noqa: PLR0917 - a row of the table
    name: str,
    title: str,
    unit: Unit,
    better: Better,
    source: Source,
    means: str,
    *,
    taken_from: tuple[TrialKind, ...] = ("load",),
    gate: Gate | None = None,
    scorecard: bool = False,
    compared: bool = False,
    derived: Callable[[Trial], float | None] | None = None,
    alike: Callable[[str], str] | None = None,
) -> Metric:
    METRICS[name] = Metric(
        name, title, unit, better, source, means, taken_from, gate, scorecard, compared, derived, alike
    )
    return METRICS[name]


CONSUME_RATE = _metric(
    "consume_rate", "consumed", PER_SECOND, "higher", _ACCOUNT,
    "records consumed per second, from the first drop offered to the last record consumed",
    scorecard=True, compared=True, derived=lambda trial: trial.consume_rate,
)  # fmt: skip
OFFERED_LOAD = _metric(
    "offered_load", "offered", PER_SECOND, None, _ACCOUNT, "drops per second that reached the hook",
    scorecard=True, derived=lambda trial: trial.offered_load,
)  # fmt: skip
LOST = _metric(
    "lost", "lost", COUNT, "lower", _ACCOUNT, "drops of a trial that never became readable",
    scorecard=True, derived=lambda trial: None if trial.ledger.lost is None else float(trial.ledger.lost),
)  # fmt: skip
LOSS_RATIO = _metric(
    "loss_ratio", "loss", RATIO, "lower", _ACCOUNT, "lost / offered",
    scorecard=True, compared=True, derived=lambda trial: trial.ledger.loss_ratio,
    gate=Gate(trial_kind="load", pass_="timed", scale="difference", margin=0.001),
)  # fmt: skip
AGE_P50 = _metric(
    "age_p50_ns", "p50 age", NANOSECONDS, "lower", _AGE, "median age of an event when it was handled", compared=True,
)  # fmt: skip
AGE_P90 = _metric("age_p90_ns", "p90 age", NANOSECONDS, "lower", _AGE, "age that 1 event of 10 exceeds")
AGE_P99 = _metric(
    "age_p99_ns", "p99 age", NANOSECONDS, "lower", _AGE,
    "99 of 100 consumed events were at most this old when they were handled",
    scorecard=True, compared=True, gate=Gate(trial_kind="load", pass_="latency", scale="ratio", margin=0.25),
)  # fmt: skip
AGE_P999 = _metric(
    "age_p999_ns", "p99.9 age", NANOSECONDS, "lower", _AGE, "age that 1 event of 1,000 exceeds", compared=True,
)  # fmt: skip
AGE_P9999 = _metric("age_p9999_ns", "p99.99 age", NANOSECONDS, "lower", _AGE, "age that 1 event of 10,000 exceeds")
_metric("age_max_ns", "max age", NANOSECONDS, "lower", _AGE, "the oldest event when it was handled")
for _rank, _title, _part in (
    ("p50", "p50", "half of the drops offered"),
    ("p90", "p90", "1 drop of 10 offered"),
    ("p99", "p99", "1 drop of 100 offered"),
    ("p999", "p99.9", "1 drop of 1,000 offered"),
    ("p9999", "p99.99", "1 drop of 10,000 offered"),
):
    _metric(
        f"age_offered_{_rank}_ns", f"{_title} age, offered", NANOSECONDS, "lower", _AGE, f"age that {_part} exceeds"
    )

CPU_PER_EVENT = _metric(
    "cpu_ns_per_event", "CPU/event", NANOSECONDS, "lower", _CPU,
    "CPU time of the consumer process, user and system, per event",
    scorecard=True, compared=True,
    gate=Gate(trial_kind="load", pass_="timed", scale="ratio", margin=0.05, by_window=True),
)  # fmt: skip
NS_PER_EVENT = _metric(
    "ns_per_event", "drain", NANOSECONDS, "lower", _ACCOUNT,
    "time per event when a full ring is emptied, independent of any load",
    taken_from=("drain",), scorecard=True, compared=True, derived=lambda trial: trial.ns_per_event,
    gate=Gate(trial_kind="drain", pass_="timed", scale="ratio", margin=0.10, by_window=True),
)  # fmt: skip
# Unlike the time by the clock, CPU time does not grow while another process has the CPU.
_metric(
    "drain_cpu_ns_per_event", "drain CPU", NANOSECONDS, "lower", _CPU,
    "CPU time per event when a full ring is emptied",
    taken_from=("drain",), derived=lambda trial: trial.metrics.get(CPU_PER_EVENT.name),
    gate=Gate(trial_kind="drain", pass_="timed", scale="ratio", margin=0.05, by_window=True),
)  # fmt: skip
ALLOCATIONS = _metric(
    "allocations_per_event", "allocs/event", PER_EVENT, "lower", _ALLOCATION,
    "allocations of the Python heap per event, short-lived ones included",
    taken_from=_EITHER, scorecard=True, compared=True, gate=_counted("allocation"), alike=python_line,
)  # fmt: skip
_metric(
    "allocated_bytes_per_event", "bytes/event", BYTES, "lower", _ALLOCATION, "bytes allocated per event",
    taken_from=_EITHER, compared=True, alike=python_line,
)  # fmt: skip
_metric("allocated_peak_bytes", "peak allocated", BYTES, "lower", _ALLOCATION, "the most bytes held at one time")
INSTRUCTIONS = _metric(
    "instructions_per_event", "instructions/event", PER_EVENT, "lower", _INSTRUCTIONS,
    "instructions of the consumer per event, of all its code outside the kernel, when a full ring is emptied",
    taken_from=("drain",), compared=True,
    gate=Gate(trial_kind="drain", pass_="instructions", scale="ratio", margin=0.005, floor=0.1), alike=python_line,
)  # fmt: skip
SYSCALLS_PER_EVENT = _metric(
    "syscalls_per_event", "syscalls/event", PER_EVENT, "lower", _KERNEL, "system calls of the consumer per event",
    taken_from=_EITHER, compared=True, gate=_counted("kernel"),
)  # fmt: skip
PROGRAM_PER_EVENT = _metric(
    "program_ns_per_event", "program/event", NANOSECONDS, "lower", _KERNEL, "time of the BPF program per drop",
    compared=True, gate=Gate(trial_kind="load", pass_="kernel", scale="ratio", margin=0.05, by_window=True),
)  # fmt: skip
EMIT_PER_EVENT = _metric(
    "emit_ns_per_event", "emit/event", NANOSECONDS, "lower", _GENERATOR,
    "time to write a synthetic record, on the CPU that writes it", compared=True,
)  # fmt: skip
BYTES_WRITTEN = _metric(
    "bytes_written_per_event", "written/event", BYTES, "lower", _OUTSIDE,
    "bytes per event that the mode wrote to its file",
    gate=_counted("timed"),
)  # fmt: skip
GC_PAUSE = _metric(
    "gc_pause_max_s", "GC max", SECONDS, "lower", _COLLECTOR, "the longest pause of the garbage collector",
    scorecard=True, compared=True, alike=collector,
)  # fmt: skip
RSS = _metric(
    "rss_peak_bytes", "RSS", BYTES, "lower", _PROCESS, "the most memory that the consumer process held",
    scorecard=True, compared=True,
)  # fmt: skip

START_UP = _metric("start_up_s", "start-up", SECONDS, "lower", _OUTSIDE, "from the consumer's start until it was ready")
CPU = _metric("cpu_s", "CPU", SECONDS, "lower", _CPU, "CPU time of the consumer process")
CPU_USER = _metric("cpu_user_s", "CPU user", SECONDS, "lower", _CPU, "of this, in user mode")
CPU_SYSTEM = _metric("cpu_system_s", "CPU system", SECONDS, "lower", _CPU, "of this, in the kernel")
SLEEPS = _metric("switches_voluntary", "sleeps", COUNT, "lower", _CPU, "times the consumer went to sleep")
_metric("switches_involuntary", "preempted", COUNT, "lower", _CPU, "times the consumer lost its CPU")
_metric("page_faults", "page faults", COUNT, "lower", _CPU, "page faults of the consumer, minor and major ones")
RUN_DELAY = _metric(
    "run_delay_s", "CPU wait", SECONDS, "lower", _PROCESS, "time that the consumer was ready to run and had no CPU"
)
WATCHED = _metric("watched_s", "watched", SECONDS, None, _PROCESS, "for how long it was watched for such waits")
_metric("rss_growth_bytes", "RSS growth", BYTES, "lower", _PROCESS, "memory gained between start and stop")
_metric(
    "blocks_retained_per_event", "blocks kept/event", PER_EVENT, "lower", _PROCESS, "memory blocks kept per event",
    taken_from=_EITHER,
)  # fmt: skip
_metric("gc_runs_gen0", "GC runs 0", COUNT, "lower", _COLLECTOR, "runs of the garbage collector, youngest generation")
_metric("gc_runs_gen1", "GC runs 1", COUNT, "lower", _COLLECTOR, "runs of the garbage collector, middle generation")
_metric("gc_runs_gen2", "GC runs 2", COUNT, "lower", _COLLECTOR, "runs of the garbage collector, oldest generation")
_metric("gc_collected", "GC freed", COUNT, None, _COLLECTOR, "objects that the garbage collector freed")
_metric(
    "gc_promoted", "GC promoted", COUNT, None, _COLLECTOR, "objects that the oldest generation gained and still holds"
)
_metric("gc_pause_total_s", "GC total", SECONDS, "lower", _COLLECTOR, "all pauses of the garbage collector together")
_metric("gc_cpu_s", "GC CPU", SECONDS, "lower", _COLLECTOR, "CPU time of the consumer's thread in these pauses")

KERNEL_REFUSED = _metric(
    "kernel_refused", "refused by kernel", COUNT, "lower", _CHANNEL,
    "records for which the perf buffers had no room, by the kernel's own count (PERF_FORMAT_LOST)",
)  # fmt: skip
KERNEL_TOLD = _metric(
    "kernel_told", "told lost", COUNT, None, _CHANNEL, "of these, how many the LOST records in the buffers report"
)
WAKEUPS = _metric("wakeups", "wakeups", COUNT, None, _KERNEL, "wakeups that the kernel sent to the consumer")
_metric("records_per_wakeup", "records/wakeup", COUNT, None, _KERNEL, "events consumed for each of these wakeups")
_metric("epoll_returns", "epoll returns", COUNT, None, _LOOP, "waits by epoll, as the loop counts them")
_metric("epoll_notified", "epoll notified", COUNT, None, _KERNEL, "times that epoll_wait returned with something to do")
_metric(
    "irq_works",
    "irq works",
    COUNT,
    "lower",
    _KERNEL,
    "deferred interrupts (the ring notifies by them), on the whole machine",
)
_metric("syscalls", "syscalls", COUNT, "lower", _KERNEL, "system calls of the consumer")
PASSES = _metric("passes", "passes", COUNT, None, _LOOP, "passes over the ring")
_metric("waits", "waits", COUNT, None, _LOOP, "times that the loop waited")
_metric("naps", "naps", COUNT, None, _LOOP, "times that it slept for a moment instead of waiting by epoll")
_metric(
    "ring_used_p50_bytes", "ring used p50", BYTES, "lower", _TIMELINE, "ring in use: half of the samples were below"
)
_metric("ring_used_p99_bytes", "ring used p99", BYTES, "lower", _TIMELINE, "ring in use: 99 of 100 samples were below")
_metric("ring_used_max_bytes", "ring used max", BYTES, "lower", _TIMELINE, "ring in use in the fullest sample")
BACKLOG_AT_STOP = _metric("backlog_at_stop", "backlog", COUNT, "lower", _OUTSIDE, "events unread when the load ended")
BACKLOG_GROWTH = _metric(
    "backlog_growth_per_s", "backlog growth", PER_SECOND, "lower", _BACKLOG,
    "how fast that backlog grew, by the medians of the trial's two halves",
)  # fmt: skip
for _cause, _title, _pause in (("gc", "GC", "pause of the collector"), ("deschedule", "CPU wait", "wait for a CPU")):
    for _what in ("loss", "time"):
        _metric(
            f"{_what}_near_{_cause}_ratio", f"{_what} near {_title}", RATIO, None, _TIMELINE,
            f"part of the {_what} within 10 ms of a {_pause} of 1 ms or more",
        )  # fmt: skip
LONG_PAUSES = _metric(
    "gc_pauses_long", "GC pauses", COUNT, "lower", _LOSSES, "pauses of the garbage collector of 1 ms or more"
)
LOSS_IN_GC = _metric(
    "loss_in_gc", "lost in GC", COUNT, "lower", _LOSSES,
    "drops lost between two looks that such a pause overlaps",
)  # fmt: skip
LOSS_INSIDE_GC = _metric(
    "loss_inside_gc", "lost inside GC", COUNT, "lower", _LOSSES,
    "drops lost between two looks that lie inside such a pause",
)  # fmt: skip
OFFERED_IN_GC = _metric(
    "offered_in_gc", "offered in GC", COUNT, None, _LOSSES, "drops offered between two looks that such a pause overlaps"
)
BOUTS = _metric(
    "loss_bouts", "bouts of loss", COUNT, "lower", _LOSSES, "bouts of loss, each until the consumer caught up"
)
BOUTS_IN_GC = _metric(
    "loss_bouts_in_gc", "bouts in GC", COUNT, "lower", _LOSSES, "bouts of loss that began in such a pause"
)
LOOKS_P50 = _metric("looks_p50_s", "looks apart", SECONDS, None, _LOSSES, "median time between two looks")
LOOKS_MAX = _metric("looks_max_s", "looks apart max", SECONDS, None, _LOSSES, "longest time between two looks")
LOSS_IN_GC_RATIO = _metric(
    "loss_in_gc_ratio", "share lost in GC", RATIO, None, _LOSSES, "loss_in_gc / what was lost, skipped runs aside",
    derived=lambda trial: trial.loss_in_gc_ratio,
)  # fmt: skip
_metric(
    "offered_in_gc_ratio", "share offered in GC", RATIO, None, _LOSSES,
    "offered_in_gc / observed: the share of the loss that chance would put there",
    derived=lambda trial: trial.offered_in_gc_ratio,
)  # fmt: skip

_metric(
    "generator_lateness_p50_ns",
    "sender late p50",
    NANOSECONDS,
    "lower",
    _GENERATOR,
    "half of the frames were sent at most this late",
)
_metric(
    "generator_lateness_p99_ns",
    "sender late p99",
    NANOSECONDS,
    "lower",
    _GENERATOR,
    "99 of 100 frames were sent at most this late",
)
_metric(
    "generator_lateness_max_ns", "sender late max", NANOSECONDS, "lower", _GENERATOR, "how late the latest frame was"
)
_metric("generator_bursts", "bursts", COUNT, None, _GENERATOR, "groups in which the frames were sent")
_metric("generator_largest_burst", "largest burst", COUNT, "lower", _GENERATOR, "frames of the largest group")
UNSENT = _metric("generator_unsent", "unsent", COUNT, "lower", _GENERATOR, "frames that were due and never sent")
_metric("generator_cpu_s", "sender CPU", SECONDS, None, _GENERATOR, "CPU time of the generator, its start included")
_metric("harness_cpu_s", "harness CPU", SECONDS, None, _OUTSIDE, "CPU time of the harness")
_metric(
    "engine_cpu_ratio", "engine CPU", RATIO, "lower", _ENGINE,
    "share of a CPU that a fleet's engine took on the host while the trial ran",
)  # fmt: skip
_metric(
    "engine_wakeups_per_s", "engine wakeups", PER_SECOND, "lower", _ENGINE,
    "how often per second a thread of a fleet's engine went to sleep meanwhile",
)  # fmt: skip
SENDER_PER_FRAME = _metric(
    "sender_ns_per_frame", "sender/frame", NANOSECONDS, "lower", _TURNS,
    "CPU time of an unpaced sender per frame, with its drop and what observes the drop",
)  # fmt: skip
WORKLOAD = _metric("workload_s", "workload", SECONDS, "lower", _TURNS, "time from the start of a command to its end")
TURN_GAP = _metric(
    "turn_gap_s",
    "gap",
    SECONDS,
    None,
    _TURNS,
    "time before a turn in which the tool starts or ends, and nothing is sent",
)
STEAL = _metric("steal_ratio", "steal", RATIO, "lower", _MACHINE, "share of the CPUs in use that the host took")
SOFTIRQ = _metric(
    "softirq_ratio", "softirq", RATIO, "lower", _MACHINE, "share of the CPUs in use that softirqs took, by tick"
)
FOREIGN = _metric(
    "foreign_ratio", "foreign", RATIO, "lower", _MACHINE, "share of the CPUs in use that other processes took"
)
THROTTLED = _metric(
    "throttled_ratio", "throttled", RATIO, "lower", _MACHINE,
    "time that a CPU quota held the processes back, as a part of one CPU's",
)  # fmt: skip
STALL = _metric("stall_s", "stalled", SECONDS, None, _BACKLOG, "for how long the consumer was stopped on purpose")

SCORECARD = tuple(metric for metric in METRICS.values() if metric.scorecard)
COMPARED = tuple(metric for metric in METRICS.values() if metric.compared)
GATES = {metric.name: metric.gate for metric in METRICS.values() if metric.gate is not None}


def named(name: str) -> Metric:
    """Find a metric by its name. What only another version of bench knows is shown by that name and the unit in it."""
    if name in METRICS:
        return METRICS[name]
    unit = next((unit for unit in (NANOSECONDS, SECONDS, BYTES, RATIO) if name.endswith(f"_{unit.name}")), COUNT)
    return Metric(name, name, unit, None, Source("another version of bench", ()), "")
