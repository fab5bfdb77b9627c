"""Check a monitoring tool against known drops: what it reports, what it loses, and whether it says so.

The consumers are tools named by --tool, a command of yours after --, or bench's own modes. Each is offered rising
loads; each load ends with a slow second. What it reported, and what it admitted as lost, is compared with the drops
that there were, which are known exactly. Exit status: 0 for any verdict, 3 if there is none, 5 if a trial was invalid;
with --expect also 1 for a verdict that is worse than expected, and 3 if a load could not be offered.
"""

import argparse
import dataclasses
import shlex
from collections.abc import Mapping, Sequence
from functools import partial

from bpf.errors import CannotRun
from harness import tools
from harness.audit.rig import AuditRig
from harness.clock import Clock
from harness.commands.parts import options, overhead
from harness.commands.parts.numbers import finite, loads, whole
from harness.commands.parts.parser import refuse
from harness.commands.parts.progress import ProgressLine
from harness.commands.parts.status import DONE, INCONCLUSIVE, INVALID_TRIAL, REGRESSED
from harness.machine.runfolder import run_folder
from harness.machine.streams import say
from harness.mode_source import sources_of
from harness.paths import split_words
from harness.plan import foreign_setting, load_setting
from harness.session import carry_out
from harness.tools import Tool
from harness.wishes import Wishes, check_rate, consumers
from results.audit import PROTOCOL, TRAFFIC, AuditPlan, Expectation, fell_short, meets, verdicts
from results.errors import BadInput
from results.foreign import EXEC
from results.plan import failed
from results.reports.audit import audit_document
from results.reports.forms.terminal import Console, draw
from results.trial import Trial
from traffic.kinds.unknown_ethertype import LOCAL_EXPERIMENT

NEEDS = "kernel"

NOBODYS = tools.Filter("protocol", LOCAL_EXPERIMENT)
DEFAULT_LOADS = (1_000.0, 20_000.0, 100_000.0, 200_000.0, 400_000.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "command",
        nargs="*",
        metavar="COMMAND",
        help=f"a command of yours, after --; {PROTOCOL} in it is the Ethernet type of what is sent",
    )
    group = parser.add_argument_group("the consumers")
    group.add_argument("--tool", metavar="NAME[,NAME…]", help=f"known tools: {', '.join(tools.tool_names())}, or all")
    group.add_argument("--mode", metavar="MODE[,MODE…]", help="modes of bench's own, files or modules")
    options.add_foreign_options(parser, "COMMAND")
    group = parser.add_argument_group("the load")
    said = ",".join(f"{load:g}" for load in DEFAULT_LOADS)
    group.add_argument(
        "--rates", type=loads, default=DEFAULT_LOADS, metavar="N[,N…]", help=f"drops per second (default: {said})"
    )
    group.add_argument(
        "--duration",
        type=finite,
        default=3.0,
        metavar="S",
        help="seconds of each load, the slow second included (default: 3)",
    )
    group.add_argument("--trials", type=whole, default=1, metavar="N", help="trials at each load (default: 1)")
    parser.add_argument(
        "--expect", choices=["exact", "admits"], help="exit with status 1 if a verdict is worse than this"
    )
    overhead.add_options(parser)
    options.add_session_options(parser, "the random order")
    options.add_probe_options(parser)
    options.add_output_options(parser)


def run(arguments: argparse.Namespace) -> int:
    named = _tools(arguments)
    if arguments.overhead:
        overhead.check(arguments, named)
        why = _left_out(arguments, named)
        return overhead.run(arguments, {name: tool for name, tool in named.items() if name not in why})
    overhead.refuse_options(arguments)
    plan = plan_of(arguments, named)
    why = _left_out(arguments, named)
    plan = dataclasses.replace(plan, settings=tuple(each for each in plan.settings if each.mode not in why))
    recording = options.recording_of(arguments, "audit", series=False)
    recording = dataclasses.replace(recording, probing=dataclasses.replace(recording.probing, times_program=True))
    modes = [setting.mode for setting in plan.settings]
    total = sum(1 for _ in plan.order(0))
    clock = Clock(expected_s=plan.expected_s / total)
    progress = ProgressLine(
        total, recording.out, quiet=arguments.quiet, as_json=arguments.json, modes=modes, clock=clock
    )
    own = [mode for mode in modes if mode not in named]
    trials = carry_out(plan, recording, progress, modes=sources_of(own), rigs=partial(AuditRig, tools=named)).trials
    if not arguments.json:
        draw(audit_document(trials), Console())
    return status_of(trials, arguments.expect)


def status_of(trials: Sequence[Trial], expected: Expectation | None) -> int:
    """Judge a session: an invalid trial tells nothing, and what is expected must be seen in every other."""
    found = verdicts(trials)
    if failed(trials):
        return INVALID_TRIAL
    if expected is not None and any(verdict is not None and not meets(verdict, expected) for verdict in found):
        return REGRESSED
    unknown = None in found or any(map(fell_short, trials)) if expected is not None else set(found) == {None}
    return INCONCLUSIVE if unknown else DONE


def plan_of(arguments: argparse.Namespace, named: Mapping[str, Tool]) -> AuditPlan:
    """Settle what is tried. Raises BadInput before anything is set up."""
    wishes = Wishes(sender="packet", shape="tail", intended_load=arguments.rates[0], duration_s=arguments.duration)
    for rate in arguments.rates:
        check_rate(rate)
    read = options.foreign_of(arguments)
    settings = [foreign_setting(name, tool.words, TRAFFIC, wishes) for name, tool in named.items()]
    if arguments.command:
        settings.append(foreign_setting(f"{EXEC}{shlex.join(arguments.command)}", read, TRAFFIC, wishes))
    else:
        refuse(arguments, "only for a COMMAND after --", "ready", "count", "count_json", "sum_json", "lost")
    if arguments.mode is not None:
        settings += [load_setting(name, TRAFFIC, each) for name, each in consumers(arguments.mode, wishes)]
    if not settings:
        raise BadInput("nothing is audited: name a --tool, a --mode, or a command after --")
    settings = [dataclasses.replace(setting, intended_load=None) for setting in settings]
    return AuditPlan(settings=tuple(dict.fromkeys(settings)), loads=arguments.rates, trials=arguments.trials)


def _tools(arguments: argparse.Namespace) -> dict[str, Tool]:
    if arguments.tool is None:
        return {}
    names = tools.tool_names() if arguments.tool == "all" else split_words(arguments.tool)
    return {name: tools.load_tool(name) for name in names}


def _left_out(arguments: argparse.Namespace, named: Mapping[str, Tool]) -> Mapping[str, str]:
    """Say which tools do not run here, and why. Raises CannotRun where one of them was asked for by its name."""
    with run_folder() as folder:
        why = tools.missing(named, {name: tool.recipe(NOBODYS, folder) for name, tool in named.items()})
    if why and arguments.tool != "all":
        raise CannotRun("; ".join(why.values()), "install it, or leave it out of --tool")
    if not arguments.quiet:
        for text in dict.fromkeys(why.values()):
            say(f"left out: {text}")
    if named and why.keys() == named.keys() and not arguments.command and arguments.mode is None:
        raise CannotRun("no tool runs here", "install one of them, or audit a command of your own")
    return why
