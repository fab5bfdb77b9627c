"""Offer drops to one or more modes, and show what each consumed, lost and cost.

Each trial runs in fresh processes: a consumer that loads the BPF program and runs the mode, and a generator that
sends packets to a schedule, inside network namespaces of bench's own. Its ledger accounts for every drop; a trial whose
ledger does not balance is shown as invalid.
"""

import argparse
import dataclasses
from collections.abc import Container, Mapping
from functools import partial
from pathlib import Path

from harness.clock import Clock
from harness.commands.parts import options
from harness.commands.parts.numbers import finite, interpreter_names, whole
from harness.commands.parts.progress import ProgressLine
from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.interpreters import interpreters
from harness.machine.checkout import launcher
from harness.machine.streams import say
from harness.mode_source import sources_of, traffic_of
from harness.outputs import kept_traces
from harness.plan import DEFAULT_PASSES, run_plan
from harness.rig import Rig
from harness.session import carry_out
from results.plan import failed
from results.reports.details import details
from results.reports.document import Document
from results.reports.forms.terminal import Console, draw
from results.reports.next_step import last_lines
from results.reports.run import run_document
from results.run import RunPlan

NEEDS = "kernel"

# A plan that takes longer says so first.
LONG_S = 600.0


def add_plan_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add what is tried, and how often; return the group of the plan."""
    options.add_consumer_options(parser)
    options.add_foreign_options(parser)
    options.add_load_options(parser)
    group = parser.add_argument_group("the plan")
    group.add_argument("--trials", type=whole, default=3, metavar="N", help="trials of each setting (default: 3)")
    group.add_argument(
        "--drain",
        type=whole,
        metavar="N",
        help="time how fast a ring of N synthetic records is emptied, without a load",
    )
    group.add_argument(
        "--pass", dest="passes", metavar="PASS[,PASS…]",
        help="timed, latency, kernel, allocation, and drain for drain trials beside them, or all: only timed and drain "
        f"are repeated (default: {DEFAULT_PASSES})",
    )  # fmt: skip
    group.add_argument(
        "--stall", type=finite, metavar="MS", help="stop the consumer once in each load trial, for so long"
    )
    return group


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = add_plan_options(parser)
    group.add_argument(
        "--python", type=interpreter_names, default=(), metavar="PYTHON[,PYTHON…]",
        help="run the consumers with each of these interpreters, by name or path (default: bench's own)",
    )  # fmt: skip
    group.add_argument(
        "--trace",
        type=output,
        metavar="FILE",
        help="keep what --mode file writes in its timed trials, the second in FILE.2 … (default: deleted)",
    )
    options.add_session_options(parser, "the random order", retries="--trials")
    options.add_probe_options(parser)
    options.add_output_options(parser)
    parser.add_argument("--details", action="store_true", help="print every number that was measured")


def run(arguments: argparse.Namespace) -> int:
    pythons = interpreters(arguments.python)
    plan = plan_of(arguments, tuple(pythons))
    recording = options.recording_of(arguments, "run")

    def traces(seed: int, finished: Container[int]) -> Mapping[int, Path]:
        order = enumerate(setting for _, setting in plan.order(seed))
        return kept_traces(arguments.trace, order, recording.out, finished)

    total = sum(1 for _ in plan.order(0))
    if plan.expected_s > LONG_S and not arguments.quiet:
        say(f"bench: {total:,} trials, about {plan.expected_s / 60:,.0f} minutes; what is done is kept (--resume)")
    modes = [setting.mode for setting in plan.settings]
    offered = traffic_of(setting.traffic for setting in plan.settings)
    clock = Clock(expected_s=plan.expected_s / total)
    progress = ProgressLine(
        total, recording.out, quiet=arguments.quiet, as_json=arguments.json, modes=modes, clock=clock
    )
    sources = sources_of(modes, arguments.program)
    rigs = partial(Rig, pythons=pythons)
    trials = carry_out(plan, recording, progress, modes=sources, traffic=offered, traces=traces, rigs=rigs).trials
    if not arguments.json:
        document = run_document(trials)
        more = details(trials) if arguments.details else ()
        draw(dataclasses.replace(document, parts=(*document.parts, *more)), Console())
        if not arguments.quiet:
            draw(Document((), ((), *last_lines(trials, launcher())), whole=True), Console())
    return INVALID_TRIAL if failed(trials) else DONE


def plan_of(arguments: argparse.Namespace, pythons: tuple[str, ...] = ()) -> RunPlan:
    """Settle what is tried, with each of these versions of Python. Raises BadInput before anything is set up."""
    asked = options.asked_of(arguments)
    plan = run_plan(dataclasses.replace(asked, wishes=dataclasses.replace(asked.wishes, pythons=pythons)))
    of_load = ("traffic", "rate", "shape", "sender", "producers", "duration", "wakeup")
    options.refuse_unheeded(arguments, plan.settings, *of_load)
    return plan
