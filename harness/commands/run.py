"""Offer drops to one or more modes and show what each consumed, lost and cost.

Each trial runs in fresh processes: a consumer that loads the program and opens the mode, and a generator that sends
frames to a schedule inside the project's own network namespaces. Its ledger balances, or it is shown as invalid.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from contextlib import ExitStack

from harness.commands.parts import options
from harness.commands.parts.progress import ProgressLine, print_json
from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.mode_source import sources_of
from harness.outputs import empty, kept_traces
from harness.plan import (
    DEFAULT_PASSES,
    consumers,
    drain_setting,
    expand_passes,
    in_blocks,
    in_passes,
    load_setting,
)
from harness.probes.stall import BEFORE_S
from harness.rig import Rig
from harness.session import begin, open_results, resume
from results.errors import BadInput
from results.reports.details import details
from results.reports.forms.terminal import Console, draw
from results.reports.run import run_document
from results.trial import Setting, Trial
from traffic.discovery import load_kind
from traffic.schedule import check_shape

NEEDS = "kernel"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_consumer_options(parser)
    options.add_load_options(parser)
    group = parser.add_argument_group("the plan")
    group.add_argument("--trials", type=int, default=3, metavar="N", help="trials of each setting (default: 3)")
    group.add_argument("--drain", type=int, metavar="N", help="drain trials of N synthetic records instead of a load")
    group.add_argument(
        "--pass", dest="passes", metavar="PASS[,PASS…]",
        help="timed, latency, kernel, allocation, and drain for drain trials beside them, or all: only timed and drain "
        f"are repeated (default: {DEFAULT_PASSES})",
    )  # fmt: skip
    group.add_argument(
        "--stall", type=options.finite, metavar="MS", help="stop the consumer once, for so long, in each load trial"
    )
    group.add_argument("--seed", type=int, help="of the random order (default: drawn, and recorded)")
    group.add_argument(
        "--trace",
        type=output,
        metavar="FILE",
        help="keep what file writes in its timed trials, the second in FILE.2 … (default: temporary)",
    )
    group.add_argument("--resume", action="store_true", help="go on with the unfinished session of --out")
    options.add_probe_options(parser)
    options.add_output_options(parser)
    parser.add_argument("--details", action="store_true", help="print every number that was measured")


def run(arguments: argparse.Namespace) -> int:
    settings = plan(arguments)
    trials = run_session(arguments, settings)
    if not arguments.json:
        document = run_document(trials)
        more = details(trials) if arguments.details else ()
        draw(dataclasses.replace(document, parts=(*document.parts, *more)), Console())
    return DONE if all(trial.valid for trial in trials) else INVALID_TRIAL


def plan(arguments: argparse.Namespace) -> list[Setting]:
    """Settle every setting. Raises BadInput before anything is set up."""
    wanted = consumers(arguments.mode, options.wishes_of(arguments))
    stall_s = _stall(arguments)
    check_shape(arguments.shape)
    passes = expand_passes(arguments.passes or ("timed" if arguments.drain is not None else DEFAULT_PASSES))
    settings: list[Setting] = []
    if arguments.drain is not None:
        for name, wishes in wanted:
            settings += in_passes(drain_setting(name, arguments.drain, wishes), passes, wishes)
    else:
        for kind in [load_kind(kind.strip()) for kind in arguments.traffic.split(",")]:
            for name, wishes in wanted:
                setting = dataclasses.replace(load_setting(name, kind.name, wishes), stall_s=stall_s)
                settings += in_passes(setting, passes, wishes)
    return list(dict.fromkeys(settings))


def _stall(arguments: argparse.Namespace) -> float | None:
    """Return for how many seconds to stop the consumer. Raises BadInput for what cannot be in a trial so long."""
    if arguments.stall is None:
        return None
    stall_s = float(arguments.stall) / 1000
    if arguments.drain is not None:
        raise BadInput("--stall is about load trials: a drain trial begins with the consumer stopped")
    if not 0 < stall_s <= arguments.duration - BEFORE_S:
        raise BadInput(
            f"--stall is above 0 ms and ends before the trial of {arguments.duration:g} s does, which begins "
            f"{BEFORE_S:g} s before it; it is {arguments.stall:g} ms"
        )
    return stall_s


def run_session(arguments: argparse.Namespace, settings: Sequence[Setting]) -> list[Trial]:
    """Run the plan, each trial appended to the result file as it ends; return all trials of the session."""
    probing = options.probing_of(arguments)
    wanted = {"settings": [setting.to_json() for setting in settings], "trials": arguments.trials}
    modes = sources_of(setting.mode for setting in settings)
    with ExitStack() as stack:
        writer = stack.enter_context(open_results(arguments.out, "run", resume=arguments.resume))
        session, done = resume(writer.path, wanted, modes) if arguments.resume else begin(wanted, arguments.seed, modes)
        order = list(enumerate(in_blocks(settings, arguments.trials, session.seed)))
        trials = list(done or ())
        finished = {trial.number for trial in trials}
        traces = kept_traces(
            arguments.trace, [(number, setting) for number, (_, setting) in order], writer.path, finished
        )
        rig = stack.enter_context(Rig(session=session.id, seed=session.seed, traces=traces, probing=probing))
        progress = stack.enter_context(ProgressLine(len(order), writer.path, quiet=arguments.quiet))
        if done is None:
            writer.session(session)
        empty(traces)
        for number, (block, setting) in order:
            if number in finished:
                continue
            progress.begin(number, setting)
            trial = rig.run(setting, number=number, block=block, on_progress=progress.update)
            writer.trial(trial)
            trials.append(trial)
            progress.end(trial)
            if arguments.json:
                print_json(trial)
    return trials
