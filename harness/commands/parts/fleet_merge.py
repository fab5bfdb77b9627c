"""bench fleet merge: put the result files that hosts brought back by themselves into one."""

import argparse
from pathlib import Path

from harness.commands.parts.roles import output, result
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.fleet.shard import read_plan
from harness.machine.caller import caller
from harness.machine.streams import say
from harness.recent import remember
from results.fleet.file import FleetWriter, read_fleet
from results.fleet.plans import merge


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help="the folder of the plan")
    parser.add_argument("files", nargs="+", type=result, metavar="FILE", help="result files of its shards")
    parser.add_argument("--out", type=output, required=True, metavar="FILE", help="the fleet's result file, a new one")


def merge_files(arguments: argparse.Namespace) -> int:
    """Put the result files that hosts brought back into one, and say which shards are lost."""
    shards = [file.shard for file in read_plan(arguments.plan)]
    with FleetWriter(arguments.out, shards) as writer:
        for damage in merge(writer, shards, arguments.files):
            say(f"bench: {damage}")
    remember(arguments.out, caller())
    fleet = read_fleet(arguments.out)
    for each in fleet.lost:
        say(f"bench: shard {each.shard.number} for {each.shard.target} is lost: {each.lost}")
    for extra in fleet.extras:
        say(
            f"bench: shard {extra.shard.number} was carried out twice; session {extra.session} of {extra.host} is extra"
        )
    done = len(fleet.hosts) - len(fleet.lost)
    say(f"bench: {done} of {len(fleet.hosts)} shards in {arguments.out} (bench report {arguments.out})")
    return INVALID_TRIAL if fleet.lost or fleet.invalid else DONE
