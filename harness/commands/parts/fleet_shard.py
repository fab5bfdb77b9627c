"""bench fleet shard: carry one shard out on this host, by itself."""

import argparse
import os
from dataclasses import replace
from pathlib import Path

from harness.check.arms import planned, sources_in, trees_in
from harness.check.outside import said_of
from harness.commands.parts.numbers import whole
from harness.commands.parts.progress import ProgressLine
from harness.commands.parts.roles import session_file
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.fleet.shard import Planned, admit, probing_of, settings_of, this_host, tree
from harness.fleet.signing import ALLOWED_SIGNERS
from harness.machine.caller import caller
from harness.machine.runfolder import run_folder
from harness.machine.streams import say
from harness.mode_source import sources_of, traffic_of
from harness.recent import default_out
from harness.session import Recording, carry_out
from results.check.plan import TooManyInvalid
from results.fleet.shard import Sharded
from results.plan import failed
from results.reports.forms.terminal import Console, draw
from results.reports.run import run_document
from results.run import RunPlan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "shard", type=Path, metavar="SHARD", help="a file of a plan's folder; its signature lies beside it"
    )
    parser.add_argument("--host", metavar="NAME", help="what the plan calls this host (default: its own name)")
    parser.add_argument(
        "--allowed-signers", type=Path, metavar="FILE",
        help=f"accept only what one of these has signed, beside those of {ALLOWED_SIGNERS} where that is there",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=session_file, metavar="FILE", help="the result file; if it exists, the session is appended"
    )
    parser.add_argument("--resume", action="store_true", help="continue the unfinished session in --out")
    parser.add_argument(
        "--json", action="store_true", help="print the trial lines of the result file, and nothing else"
    )
    parser.add_argument("--quiet", action="store_true", help="do not show progress on stderr")
    parser.add_argument("--engine", type=whole, metavar="PID", help="measure in each trial what this process takes")


def carry_out_shard(arguments: argparse.Namespace) -> int:
    """Run a shard on this host, or what is left of it; one that it may not run is refused before any of it runs."""
    path, out = arguments.shard.absolute(), (arguments.out or default_out(caller(), "shard")).absolute()
    allowed = arguments.allowed_signers and arguments.allowed_signers.absolute()
    repository, host = tree(), arguments.host or this_host()
    os.chdir(repository.top)  # from where a plan names its files
    shard, plan = admit(path, repository, host=host, allowed=allowed)
    settings, total = settings_of(plan), _trials(plan)
    modes, programs = [one.mode for one in settings], dict.fromkeys(one.program for one in settings)
    probing = replace(probing_of(shard), engine=arguments.engine)
    # Of an engine that may have root run signed shards: no file of root's is its to fill.
    recording = Recording(out=out, seed=shard.seed, resume=arguments.resume, probing=probing, callers=True)
    progress = ProgressLine(total, out, quiet=arguments.quiet, as_json=arguments.json, modes=modes)
    offered = traffic_of(one.traffic for one in settings)
    work: Sharded[object] = Sharded(plan, shard, host)
    if isinstance(plan, RunPlan):
        sources = tuple(dict.fromkeys(source for program in programs for source in sources_of(modes, program)))
        trials = carry_out(work, recording, progress, modes=sources, traffic=offered).trials
        if not arguments.json:
            draw(run_document(trials), Console())
        return INVALID_TRIAL if failed(trials) else DONE
    with run_folder() as folder:
        arms = planned(plan, shard.against, folder)
        for lack in arms.lacks:
            say(f"bench: {lack}")
        try:
            carry_out(work, recording, progress, modes=sources_in(arms), traffic=offered, trees=trees_in(arms))
        except TooManyInvalid as error:
            say(f"bench: {error}")
            return INVALID_TRIAL
        for line in said_of(arms):
            say(f"bench: {line}")
    return DONE


def _trials(plan: Planned) -> int | None:
    return sum(1 for _ in plan.order(0)) if isinstance(plan, RunPlan) else plan.most_trials
