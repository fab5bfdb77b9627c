"""bench audit --overhead: its options, and what becomes of them."""

import argparse
import dataclasses
import shlex
from collections.abc import Mapping
from functools import partial

from bpf.channel import record_channels
from harness.clock import Clock
from harness.commands.parts import options
from harness.commands.parts.numbers import duration, finite, whole
from harness.commands.parts.parser import refuse
from harness.commands.parts.progress import ProgressLine
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.mode_source import sources_of, traffic_of
from harness.overhead.plan import BUDGET_S, Asked, overhead_plan, wishes_of_turns, workload_words
from harness.overhead.rig import OverheadRig
from harness.session import carry_out
from harness.tools import Tool
from results.audit import TRAFFIC
from results.errors import BadInput
from results.foreign import EXEC
from results.overhead import ALONE, ALPHA
from results.reports.forms.terminal import Console, draw
from results.reports.overhead import overhead_document
from results.trial import Setting

_OWN = ("workload", "traffic", "channel", "wakeup", "program", "pairs", "budget", "alpha")
_OF_AUDIT = ("rates", "duration", "trials", "expect", "count", "count_json", "sum_json", "lost")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what asks for the cost of attaching, and tunes that."""
    group = parser.add_argument_group("what attaching costs (--overhead)")
    add = group.add_argument
    add(
        "--overhead",
        action="store_true",
        help="measure it: turns of a workload in pairs, with the tool attached and without, in random order",
    )
    add(
        "--workload",
        metavar="CMD",
        help="a command to run in each turn (default: our own sender, as fast as it can send)",
    )
    add("--traffic", default=TRAFFIC, metavar="KIND", help=f"what our sender sends (default: {TRAFFIC})")
    add("--channel", metavar="NAME[,NAME…]", help=f"with --mode: {', '.join(record_channels())}, or all")
    add("--wakeup", metavar="adaptive|none|force|BYTES", help="with --mode: when the kernel wakes the consumer")
    add("--program", metavar="FILE.bpf.c", help="with --mode: your own BPF program instead of bench's")
    add(
        "--budget",
        type=duration,
        metavar="TIME",
        help=f"run as many pairs as fit (default: {BUDGET_S:g}s, for each tool)",
    )
    add("--pairs", type=whole, metavar="N", help="run N pairs, however long they take")
    add(
        "--alpha",
        type=finite,
        default=ALPHA,
        help=f"the chance of reporting a cost where there is none (default: {ALPHA})",
    )


def refuse_options(arguments: argparse.Namespace) -> None:
    """Raise BadInput for what is of --overhead alone, where that is not asked for."""
    refuse(arguments, "only for --overhead, which is not given", *_OWN)


def check(arguments: argparse.Namespace, named: Mapping[str, Tool]) -> None:
    """Raise BadInput for what makes no sense, before any tool is tried."""
    refuse(arguments, "only for the audit itself: --overhead does not count what a tool says", *_OF_AUDIT)
    overhead_plan(_asked(arguments, named))
    workload_words(arguments.workload)


def run(arguments: argparse.Namespace, named: Mapping[str, Tool]) -> int:
    """Measure, and say what came of it; `named` are the finished tools that run here."""
    plan, workload = overhead_plan(_asked(arguments, named)), workload_words(arguments.workload)
    recording = options.recording_of(arguments, "overhead", series=False)
    own = [each.b.mode for each in plan.comparisons if each.b.foreign is None]
    total = None if plan.pairs is None else 2 * plan.pairs * len(plan.comparisons)
    clock = Clock(ends_s=plan.budget_s)
    progress = ProgressLine(
        total, recording.out, quiet=arguments.quiet, as_json=arguments.json, name=_name, clock=clock
    )
    done = carry_out(
        plan,
        recording,
        progress,
        modes=sources_of(own, arguments.program),
        traffic=() if workload else traffic_of([arguments.traffic]),
        rigs=partial(OverheadRig, tools=named, workload=workload),
    )
    if not arguments.json:
        draw(overhead_document(done.answer, done.trials), Console())
    return INVALID_TRIAL if any(found.wrong is not None for found in done.answer) else DONE


def _asked(arguments: argparse.Namespace, named: Mapping[str, Tool]) -> Asked:
    if arguments.pairs is not None and arguments.budget is not None:
        raise BadInput("--pairs and --budget both say how many pairs there are; give one")
    if arguments.workload is not None:
        refuse(arguments, "only for our own sender, which --workload replaces", "traffic")
    if named and arguments.traffic != TRAFFIC:
        raise BadInput(f"--tool knows the sender's drops by their protocol, which is {TRAFFIC}'s alone")
    if arguments.mode is None:
        refuse(arguments, "only for --mode, which is not given", "channel", "wakeup", "program")
    foreign = {name: tool.words for name, tool in named.items()}
    if arguments.command:
        foreign[f"{EXEC}{shlex.join(arguments.command)}"] = options.foreign_of(arguments)
    else:
        refuse(arguments, "only for a COMMAND after --", "ready")
    wishes = dataclasses.replace(
        wishes_of_turns(), channel=arguments.channel, wakeup=arguments.wakeup, program=arguments.program
    )
    return Asked(
        foreign=foreign,
        modes=arguments.mode,
        wishes=wishes,
        traffic=arguments.traffic,
        workload=arguments.workload,
        pairs=arguments.pairs,
        budget_s=arguments.budget,
        alpha=arguments.alpha,
    )


def _name(setting: Setting) -> str:
    return "nothing attached" if setting.mode == ALONE else setting.mode
