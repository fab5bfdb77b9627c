"""Find out by experiment why a consumer that does more can look faster than one that does nothing.

Closed and open loop; wakeups adaptive, rare, forced and none; consumer and sender on one CPU and on two; pauses filled
with nothing, with system calls, with flushing the caches: each in every block, in random order. Five hypotheses are
tested against it; each is confirmed, refuted, or not decidable here.
"""

import argparse

from harness.commands.parts import options
from harness.commands.parts.numbers import finite, whole
from harness.commands.parts.progress import ProgressLine
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.explain.variants import looked_into, variants
from harness.session import carry_out
from results.explain.effect import experiment
from results.explain.plan import ExplainPlan
from results.reports.explain import explain_document
from results.reports.forms.terminal import Console, draw

NEEDS = "kernel"
LOOKS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the experiment")
    group.add_argument(
        "--blocks",
        type=whole,
        default=10,
        metavar="N",
        help="how often to try each variant, in random order (default: 10)",
    )
    group.add_argument("--duration", type=finite, default=0.8, metavar="S", help="seconds per trial (default: 0.8)")
    options.add_session_options(parser, "the random order", retries="--blocks")
    options.add_probe_options(parser)
    options.add_output_options(parser)


def run(arguments: argparse.Namespace) -> int:
    wanted = plan(arguments)
    recording = options.recording_of(arguments, "explain", series=False)
    total = sum(1 for _ in wanted.order(0))
    progress = ProgressLine(total, recording.out, quiet=arguments.quiet, as_json=arguments.json)
    done = carry_out(wanted, recording, progress)
    found = experiment(wanted, done.answer)
    if not arguments.json:
        draw(explain_document(found, done.trials), Console())
    return INVALID_TRIAL if found.invalid else DONE


def plan(arguments: argparse.Namespace) -> ExplainPlan:
    """Settle what is tried. Raises BadInput before anything is set up."""
    settled = variants(arguments.duration)
    return ExplainPlan(
        variants=settled,
        blocks=arguments.blocks,
        looked_into=looked_into(settled),
        looks=LOOKS,
        retries=arguments.blocks if arguments.retries is None else arguments.retries,
    )
