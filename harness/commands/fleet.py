"""Carry one plan out on many hosts and kernels, and put what they measure into one file that averages no unlike ones.

A plan is a folder of shards, one for each host: data, and never a command line. A host refuses a shard of another
commit, and one that was altered, that expired, or that is not signed where it has a list of signers.

  bench fleet plan --mode file,epoll --hosts a,b,c --out plan/        a shard for each host
  sudo bench fleet shard plan/1.json --out 1.jsonl                    one of them, on its host
  bench fleet merge plan/ 1.jsonl 2.jsonl 3.jsonl --out fleet.jsonl   what they brought back
  sudo bench fleet run plan/ --out fleet.jsonl                        all of that: here, by ssh, or at a scheduler

Exit status: 0, or 5 where a shard was lost or a trial invalid; 2 for what is refused.
"""

import argparse
from collections.abc import Callable
from typing import Any

from harness.commands.parts import fleet_check, fleet_merge, fleet_plan, fleet_run, fleet_shard
from harness.commands.parts.parser import Parser
from harness.commands.parts.status import DONE
from harness.fleet.shard import this_host
from harness.machine.fingerprint import fingerprint
from results.fleet.shard import class_of
from results.session import machine_of

# The part that needs more, shard, says so to ./bench and to the parser below.
NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART", parser_class=Parser)
    fleet_plan.add_run_arguments(_part(parts, "plan", fleet_plan.write_run, "write the shards of a run"))
    fleet_check.add_arguments(_part(parts, "plan-check", fleet_check.write_check, "write the shards of a check"))
    shard = _part(parts, "shard", fleet_shard.carry_out_shard, "carry one shard out on this host")
    shard.set_defaults(needs="kernel")
    fleet_shard.add_arguments(shard)
    fleet_run.add_run(_part(parts, "run", fleet_run.run, "carry all of a plan out, wherever its hosts are"))
    fleet_run.add_worker(_part(parts, "worker", fleet_run.work, "let a scheduler carry shards out on this host"))
    fleet_merge.add_arguments(_part(parts, "merge", fleet_merge.merge_files, "put hosts' own result files into one"))
    _part(parts, "host", _print_host, "print this host's name and class")


def _part(parts: Any, name: str, does: Callable[[argparse.Namespace], int], tells: str) -> argparse.ArgumentParser:
    part: argparse.ArgumentParser = parts.add_parser(name, help=tells, description=does.__doc__)
    part.set_defaults(does=does)
    return part


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.does(arguments))


def _print_host(_arguments: argparse.Namespace) -> int:
    """Print what plans call this host, its class, and the facts that hosts of one class share."""
    host = fingerprint()
    print(f"host   {this_host()}\nclass  {class_of(host)}\n")
    for name, value in machine_of(host).items():
        print(f"{name:<14} {value}")
    return DONE
