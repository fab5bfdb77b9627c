"""Options that several commands share, and how their words become numbers."""

import argparse
import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import get_args

from bpf.channel import record_channels
from harness.check.configuration import DEFAULT_ALPHA, DEFAULT_DURATION_S, LOAD_S, Flags
from harness.commands.parts.numbers import byte_count, choices, duration, finite, load, producers, typed, whole
from harness.commands.parts.parser import refuse
from harness.commands.parts.roles import session_file
from harness.consumer.program_facts import facts_of
from harness.machine.caller import caller
from harness.plan import DEFAULT_LOAD, Asked
from harness.probes.machine import Limits
from harness.probes.outside import Probing
from harness.probes.timeline import STEP_S
from harness.recent import default_out
from harness.session import Recording, check_seed
from harness.wishes import DEFAULT_RING_BYTES, Wishes, read_interval
from modes.parts.mode import DEFAULT_WINDOW
from results import units
from results.check.plan import Check
from results.errors import BadInput
from results.foreign import Foreign
from results.trial import Collector, ObjectKind, Setting

DEFAULT_TRAFFIC = "udp-closed-port"


def add_consumer_options(parser: argparse.ArgumentParser, *, mode_required: bool = True) -> None:
    """Add what chooses and tunes the consumer."""
    group = parser.add_argument_group("the consumer")
    group.add_argument(
        "--mode", required=mode_required, metavar="MODE[,MODE…]", help="names of modes, your files or modules, or all"
    )
    group.add_argument("--program", metavar="FILE.bpf.c", help="your own BPF program instead of bench's")
    group.add_argument(
        "--channel",
        metavar="NAME[,NAME…]",
        help=f"what carries the events: {', '.join(record_channels())}, or all (default: ring)",
    )
    group.add_argument(
        "--when-full", choices=["drop", "overwrite"],
        help="what --channel log does when it is full: drop the new event, or overwrite the oldest (default: drop)",
    )  # fmt: skip
    group.add_argument(
        "--reader", choices=["batch", "callback", "compiled", "both", "all"],
        help="how events are read: in batches, by a callback each, in machine code (default: batch; both: batch and "
        "callback)",
    )  # fmt: skip
    group.add_argument(
        "--wait",
        choices=["epoll", "paced", "busy", "backoff"],
        help="how the consumer waits for events (default: as the mode does)",
    )
    group.add_argument("--decode", choices=["struct", "ctypes", "event"], help="how --reader callback decodes an event")
    group.add_argument(
        "--format", choices=["text", "json", "raw"], help="what the modes file, terminal and work write per event"
    )
    group.add_argument(
        "--ring-size",
        type=byte_count,
        default=DEFAULT_RING_BYTES,
        metavar="BYTES",
        help="size of the ring buffer (default: 1M)",
    )
    group.add_argument(
        "--wakeup",
        metavar="adaptive|none|force|BYTES",
        help="when the kernel wakes the consumer (bench explain says what that costs)",
    )
    group.add_argument(
        "--interval",
        type=typed(read_interval),
        metavar="MS",
        help="longest pause between two reads (default: 5 for paced, 100 for aggregate)",
    )
    group.add_argument(
        "--object", type=choices(*get_args(ObjectKind)), metavar="KIND[,KIND…]",
        help="what --mode objects makes per event: dataclass, tuple, dict, or all (default: dataclass)",
    )  # fmt: skip
    group.add_argument(
        "--window",
        type=whole,
        metavar="N",
        help=f"how many of the latest events --mode objects keeps (default: {DEFAULT_WINDOW:,})",
    )
    group.add_argument(
        "--gc", type=choices(*get_args(Collector)), default=("on",), metavar="NAME[,NAME…]",
        help="Python's garbage collector: on, off, freeze, or all (default: on)",
    )  # fmt: skip


def add_foreign_options(parser: argparse.ArgumentParser, command: str = "--mode 'exec:COMMAND'") -> None:
    """Add how the words of a foreign command are read."""
    group = parser.add_argument_group(f"how to read the output of {command}")
    add = group.add_argument
    add("--ready", metavar="REGEX", help="a line that says it has attached (default: ask the kernel)")
    add("--count", metavar="REGEX", help="each line that matches is one event, or as many as its (group) says")
    add("--count-json", metavar="FIELD", help="each JSON line with this field is an event")
    add("--sum-json", metavar="FIELD", help="a JSON field that holds a number of events; a.b is b within a")
    add("--lost", metavar="REGEX", help="lines that report lost events, read as --count is")


def foreign_of(arguments: argparse.Namespace) -> Foreign:
    """Gather how a foreign command is read."""
    return Foreign(
        ready=arguments.ready,
        count=arguments.count,
        count_json=arguments.count_json,
        sum_json=arguments.sum_json,
        lost=arguments.lost,
    )


def add_load_options(parser: argparse.ArgumentParser) -> None:
    """Add what chooses the load."""
    group = parser.add_argument_group("the load")
    group.add_argument(
        "--traffic",
        default=DEFAULT_TRAFFIC,
        metavar="KIND[,KIND…]",
        help=f"kinds of drops (bench traffic), or all (default: {DEFAULT_TRAFFIC})",
    )
    group.add_argument(
        "--rate",
        type=load,
        default=DEFAULT_LOAD,
        metavar="N|max",
        help="drops per second, or as many as can be sent (default: 100000)",
    )
    group.add_argument(
        "--shape", default="constant", help="the load over time: constant, poisson, burst:ON_MS,OFF_MS, ramp or tail"
    )
    group.add_argument(
        "--sender",
        default="auto",
        help="what sends the packets: packet, xdp or auto (default: xdp for rates that packet cannot reach)",
    )
    add_producers(group)
    group.add_argument("--duration", type=finite, default=5.0, metavar="S", help="seconds per trial (default: 5)")


def add_producers(group: argparse._ArgumentGroup) -> None:
    """Add from how many CPUs a load comes."""
    group.add_argument(
        "--producers",
        type=producers,
        default=(1,),
        metavar="N[,N…]",
        help="how many CPUs send at once (default: 1)",
    )


def add_probe_options(parser: argparse.ArgumentParser) -> None:
    """Add what tunes the probes, and what the machine may do before a trial is disturbed."""
    limits = Limits()
    group = parser.add_argument_group("the probes")
    group.add_argument(
        "--timeline",
        type=finite,
        default=STEP_S,
        metavar="S",
        help=f"seconds per row of the timeline in the result file (default: {STEP_S:g})",
    )
    group.add_argument(
        "--steal-limit", type=finite, default=limits.steal, metavar="SHARE",
        help=f"a trial is disturbed when the host takes more of its CPU time (steal; default: {limits.steal:g})",
    )  # fmt: skip
    group.add_argument(
        "--foreign-limit", type=finite, default=limits.foreign, metavar="SHARE",
        help=f"… when other processes take more of the CPUs that it uses (default: {limits.foreign:g})",
    )  # fmt: skip
    group.add_argument(
        "--run-delay-limit", type=finite, default=limits.run_delay, metavar="SHARE",
        help=f"… when the consumer waits for a CPU for more of its time (default: {limits.run_delay:g})",
    )  # fmt: skip


def probing_of(arguments: argparse.Namespace) -> Probing:
    """Gather the options of the probes. Raises BadInput."""
    limits = Limits(steal=arguments.steal_limit, foreign=arguments.foreign_limit, run_delay=arguments.run_delay_limit)
    return Probing(limits=limits, timeline_step_s=arguments.timeline)


def add_session_options(
    parser: argparse.ArgumentParser, of: str, retries: str | None = None, *, resumes: bool = True
) -> None:
    """Add how a session begins or goes on; with `retries`, how often a trial is repeated by default."""
    group = parser.add_argument_group("the session")
    group.add_argument("--seed", type=whole, help=f"seed for {of} (default: drawn at random, and recorded)")
    if resumes:
        group.add_argument("--resume", action="store_true", help="continue the unfinished session in --out")
    if retries is not None:
        group.add_argument(
            "--retries", type=whole, metavar="N",
            help=f"repeat disturbed trials, at most N of each setting (default: {retries})",
        )  # fmt: skip


def recording_of(arguments: argparse.Namespace, command: str, *, series: bool = True) -> Recording:
    """Gather where a session is kept and how it begins. Raises BadInput."""
    if arguments.resume and arguments.out is None:
        raise BadInput("--resume needs --out FILE, the result file to go on with")
    check_seed(arguments.seed)
    return Recording(
        out=arguments.out or default_out(caller(), command),
        seed=arguments.seed,
        resume=arguments.resume,
        probing=probing_of(arguments),
        series=series,
    )


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add where results go."""
    group = parser.add_argument_group("the results")
    group.add_argument(
        "--out", type=session_file, metavar="FILE", help="the result file; if it exists, the session is appended"
    )
    group.add_argument("--json", action="store_true", help="print the trials as JSON Lines, and nothing else")
    group.add_argument("--quiet", action="store_true", help="do not show progress on stderr")


def asked_of(arguments: argparse.Namespace) -> Asked:
    """Gather what a run is asked for."""
    return Asked(
        modes=arguments.mode,
        wishes=wishes_of(arguments),
        traffic=arguments.traffic,
        trials=arguments.trials,
        retries=arguments.retries,
        passes=arguments.passes,
        drain_records=arguments.drain,
        stall_ms=arguments.stall,
        foreign=foreign_of(arguments),
    )


def wishes_of(arguments: argparse.Namespace) -> Wishes:
    """Gather the options of the consumer and the load."""
    return dataclasses.replace(
        consumer_wishes_of(arguments),
        sender=arguments.sender,
        shape=arguments.shape,
        producers=arguments.producers,
        intended_load=arguments.rate,
        duration_s=arguments.duration,
    )


def consumer_wishes_of(arguments: argparse.Namespace) -> Wishes:
    """Gather the options of the consumer alone."""
    return Wishes(
        program=arguments.program,
        channel=arguments.channel,
        when_full=arguments.when_full,
        reader=arguments.reader,
        wait=arguments.wait,
        decode=arguments.decode,
        format=arguments.format,
        wakeup=arguments.wakeup,
        interval_ns=arguments.interval,
        object_kinds=arguments.object,
        window_events=arguments.window,
        gc=arguments.gc,
        ring_size_bytes=arguments.ring_size,
    )


def refuse_unheeded(arguments: argparse.Namespace, settings: Collection[Setting], *of_load: str) -> None:
    """Raise BadInput for what was said of a consumer or, by options `of_load`, of a load, where nothing heeds it."""
    if all(setting.foreign is not None for setting in settings):
        why = "only for bench's own modes, and here there are only foreign commands"
        refuse(arguments, why, *_OF_OWN_MODES)
    if all(setting.interval_ns is None for setting in settings):
        refuse(arguments, "nothing that is tried waits by the clock (--wait paced, --mode aggregate)", "interval")
    if all(setting.ring_size_bytes is None for setting in settings):
        refuse(arguments, "none of the modes uses a ring: they read the program's map", "ring_size")
    if all(setting.program is not None and facts_of(setting.program).size_bytes for setting in settings):
        refuse(arguments, "the program has a ring of its own, and states its size", "ring_size")
    if all(setting.trial_kind == "drain" for setting in settings):
        refuse(
            arguments, "nothing is sent in a drain trial: its records are synthetic, and there from the start", *of_load
        )


_OF_OWN_MODES = (
    "program", "channel", "when_full", "reader", "wait", "decode", "format", "ring_size", "wakeup", "interval",
    "object", "window", "gc", "python", "trace",
)  # fmt: skip


def add_gate_options(parser: argparse.ArgumentParser) -> None:
    """Add what says how to compare; check and certify share it."""
    gate = parser.add_argument_group("the gate")
    add = gate.add_argument
    add(
        "--metrics",
        metavar="NAME[,NAME…]",
        help="metrics that decide; docs/ci.md lists them (default: all that the mode has and that need not be named)",
    )
    add(
        "--delta",
        action="append",
        default=[],
        metavar="METRIC=SHARE",
        help="how much worse is still accepted: 0.05 or 5%%",
    )
    add("--alpha", type=finite, help=f"the chance of a false alarm that is accepted (default: {DEFAULT_ALPHA})")
    add(
        "--blocks", metavar="N[,N…]", help="after how many valid blocks to decide (default: from the number of metrics)"
    )
    add(
        "--budget",
        type=duration,
        metavar="TIME",
        help="run as many blocks as fit into 60s, 2m …, and decide once, at the end",
    )
    add("--config", type=Path, metavar="FILE", help="a pyproject.toml with [tool.bench.check] (default: the nearest)")
    trials = parser.add_argument_group("the trials")
    add = trials.add_argument
    add("--traffic", default=DEFAULT_TRAFFIC, metavar="KIND", help="kind of drops in load trials")
    add("--rate", type=load, default=argparse.SUPPRESS, metavar="N|max", help="drops per second in load trials")
    add("--shape", default="constant", help="the load over time: constant, poisson, burst:ON_MS,OFF_MS or ramp")
    told = f"seconds of load for each arm in a pair (default: {LOAD_S:g}), or in a trial ({DEFAULT_DURATION_S:g})"
    add("--duration", type=finite, metavar="S", help=told)
    add(
        "--drain",
        type=whole,
        metavar="N",
        help="records that each arm drains in a pair, or in a trial (default: by the reader)",
    )


def refuse_unheeded_by(check: Check, arguments: argparse.Namespace) -> None:
    """Raise BadInput for what was said of a load or of drain trials, where what is gated takes none."""
    settings = [setting for one in check.comparisons for setting in (one.a, one.b)]
    refuse_unheeded(arguments, settings, "traffic", "rate", "shape", "duration")
    if all(setting.trial_kind == "load" for setting in settings):
        refuse(arguments, "no metric that is gated is measured by draining", "drain")


def flags_of(arguments: argparse.Namespace) -> Flags:
    """Gather what says how to compare. Raises BadInput."""
    rate = getattr(arguments, "rate", None)
    return Flags(
        config=arguments.config,
        alpha=arguments.alpha,
        looks=None if arguments.blocks is None else _looks(arguments.blocks),
        budget_s=arguments.budget,
        metrics=None if arguments.metrics is None else tuple(name.strip() for name in arguments.metrics.split(",")),
        delta=_deltas(arguments.delta),
        duration_s=arguments.duration,
        rate="max" if rate is None and "rate" in arguments else rate,
        drain_records=arguments.drain,
        shape=arguments.shape,
        traffic=arguments.traffic,
        pairs=getattr(arguments, "baseline", None) is None,
    )


def _looks(text: str) -> tuple[int, ...]:
    try:
        return tuple(units.read_whole(part) for part in text.split(","))
    except BadInput:
        raise BadInput(f"--blocks are numbers such as 10 or 10,20, not {text!r}") from None


def _deltas(texts: Collection[str]) -> dict[str, float]:
    deltas = [_delta(text) for text in texts]
    for name, _ in deltas:
        if sum(other == name for other, _ in deltas) > 1:
            raise BadInput(f"--delta of {name} is given twice")
    return dict(deltas)


def _delta(text: str) -> tuple[str, float]:
    name, equals, amount = text.partition("=")
    try:
        share = units.read_number(amount.removesuffix("%")) / (100 if amount.endswith("%") else 1)
    except BadInput:
        share = -1.0
    if not equals or not share > 0:
        raise BadInput(f"--delta is METRIC=SHARE, such as ns_per_event=10%, not {text!r}")
    return name, share
