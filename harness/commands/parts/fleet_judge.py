"""bench check --fleet: have the shards of a check's plan carried out, and judge all hosts together."""

import argparse
from pathlib import Path
from typing import Any

from harness.commands.parts import fleet_run, outcome_files
from harness.commands.parts.parser import Once, refuse
from harness.fleet.shard import read_plan
from harness.machine.caller import caller
from harness.recent import default_out
from results.check.fleet import fleet_check_of, fleet_outcome
from results.errors import BadInput
from results.reports.fleet_check import fleet_check_document

_OF_ENGINE = ("on", "patience", "host", "tls", "folder")
_HEEDED = {"fleet", *_OF_ENGINE, "out", "junit", "markdown"}


class _Fleet(Once):
    """Says that this machine itself need not be able to measure."""

    def __call__(
        self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        super().__call__(parser, namespace, values, option_string)
        namespace.needs = "nothing"


def add_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a fleet")
    group.add_argument(
        "--fleet", type=Path, action=_Fleet, metavar="PLAN",
        help="the folder that bench fleet plan-check made, with all settings; its hosts are judged together",
    )  # fmt: skip
    fleet_run.add_engine_options(group)


def refuse_without_fleet(arguments: argparse.Namespace) -> None:
    """Raise BadInput for what only a fleet heeds."""
    refuse(arguments, "only for a fleet, and --fleet PLAN is not given", *_OF_ENGINE)


def judge(arguments: argparse.Namespace) -> int:
    """Carry out what is not done of a plan, and say the verdicts. Raises BadInput for a plan that is no check's."""
    others = sorted(arguments.given - _HEEDED)
    refuse(arguments, "with --fleet, its plan has all settings", *others, "no_why")
    if arguments.resume and arguments.out is None:
        raise BadInput("--resume needs --out FILE, the fleet's result file to go on with")
    fleet_check_of(read_plan(arguments.fleet)[0].shard)
    files = outcome_files.Reports(arguments)
    arguments.plan, arguments.out = arguments.fleet, arguments.out or default_out(caller(), "fleet")
    outcome = fleet_outcome(fleet_run.carry_out(arguments))
    files.write(fleet_check_document(outcome), outcome.to_json())
    return outcome_files.STATUS[outcome.verdict]
