"""Settle why a consumer that does more can look faster than one that does nothing, by experiment.

Closed and open loop; wakeups adaptive, rare, forced and none; consumer and sender on one CPU and on two; pauses filled
with nothing, with system calls, with flushing the caches: each in every block, in random order. Five hypotheses are
held against it, and each is confirmed, refuted, or not decidable here.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from contextlib import ExitStack

from harness.commands.parts import options
from harness.commands.parts.progress import ProgressLine, print_json
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.explain.variants import looked_into, variants
from harness.plan import in_blocks
from harness.probes.backlog import Backlog
from harness.session import Recorded, begin, open_results, resume
from results.explain.effect import experiment
from results.explain.plan import ExplainPlan
from results.reports.explain import explain_document
from results.reports.forms.terminal import Console, draw
from results.trial import Setting

NEEDS = "kernel"
LOOKS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the experiment")
    group.add_argument("--blocks", type=int, default=10, metavar="N", help="each variant once a block (default: 10)")
    group.add_argument(
        "--duration", type=options.finite, default=0.8, metavar="S", help="seconds a trial (default: 0.8)"
    )
    group.add_argument("--seed", type=int, help="of the random order (default: drawn, and recorded)")
    group.add_argument("--resume", action="store_true", help="go on with the unfinished session of --out")
    options.add_probe_options(parser)
    options.add_output_options(parser)


def run(arguments: argparse.Namespace) -> int:
    settled = variants(arguments.duration)
    plan = ExplainPlan(variants=settled, blocks=arguments.blocks, looked_into=looked_into(settled), looks=LOOKS)
    with ExitStack() as stack:
        writer = stack.enter_context(open_results(arguments.out, "explain", resume=arguments.resume))
        row = plan.to_json()
        session, done = resume(writer.path, row, ()) if arguments.resume else begin(row, arguments.seed, ())
        order = list(_order(plan, session.seed))
        recorded = stack.enter_context(Recorded(session, done, writer, options.probing_of(arguments)))
        progress = stack.enter_context(ProgressLine(len(order), writer.path, quiet=arguments.quiet))
        for number, (block, setting) in enumerate(order):
            fresh = not recorded.replaying
            if fresh:
                progress.begin(number, setting)
            trial = recorded.next(setting, block=block, watch=Backlog(progress.update))
            if fresh:
                progress.end(trial)
            if arguments.json:
                print_json(trial)
    found = experiment(plan, recorded.trials)
    if not arguments.json:
        draw(explain_document(found, recorded.trials), Console())
    return INVALID_TRIAL if found.invalid else DONE


def _order(plan: ExplainPlan, seed: int) -> Iterator[tuple[int, Setting]]:
    """Yield (block, setting): the blocks of all variants, then those of the variants that are looked into."""
    timed = in_blocks(list(plan.variants.values()), plan.blocks, seed)
    inside = in_blocks(list(plan.looked_into.values()), plan.looks, seed)
    return itertools.chain(timed, ((plan.blocks + block, setting) for block, setting in inside))
