"""bench fleet plan-check: part a check into shards, whose blocks are judged together when all are back."""

import argparse
from collections.abc import Sequence
from typing import get_args

from harness.check.configuration import wanted
from harness.check.plan import make_fleet_check
from harness.commands import check
from harness.commands.parts import fleet_plan, options
from harness.machine.runfolder import run_folder
from results.check.gate import Scope


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what a check compares and gates, of what its verdicts are, and whom it is for."""
    check.add_plan_options(parser)
    parser.set_defaults(baseline=None)  # of one machine, on which it ran
    parser.add_argument(
        "--scope", choices=get_args(Scope), default="class",
        help="of what each verdict is: of a class of hosts, by all their blocks, or of each host (default: class)",
    )  # fmt: skip
    options.add_session_options(parser, "the coins and the traffic", resumes=False)
    fleet_plan.add_fleet_options(parser)


def write_check(arguments: argparse.Namespace) -> int:
    """Plan what `bench check` would do here, for many hosts that are judged together."""
    said, wishes = wanted(options.flags_of(arguments), options.consumer_wishes_of(arguments))
    with run_folder() as folder:
        arms = check.arms_of(arguments, check.modes_of(arguments), wishes, folder)
        plan = make_fleet_check(arms, said, arguments.scope, _units(arguments))
        options.refuse_unheeded_by(plan, arguments)
        return fleet_plan.write(arguments, plan, arms.commit)


def _units(arguments: argparse.Namespace) -> Sequence[int]:
    """Count the hosts that each verdict will be of; those that are named are taken for alike until they are known."""
    classes = [number for _, number in arguments.classes]
    named = len(arguments.hosts) or (0 if classes else 1)
    if arguments.scope == "host":
        return [1] * (named + sum(classes))
    return [*([named] if named else []), *classes]
