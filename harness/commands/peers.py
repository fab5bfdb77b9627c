"""Compare our readers with C, bpftrace and perf on the same ring and the same drops, interleaved.

It has three parts. drain: one ring, filled to the same mark each time, is emptied by one consumer after another, in
random order; so are the other channels, by our batch reader. program: what the BPF program costs per event, by the
kernel's run-time statistics. live: real drops, as fast as they can be sent. A tool that is not installed is left out,
and named.
"""

import argparse
import itertools
import mmap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from bpf.channel import record_channels
from bpf.errors import CannotRun
from bpf.record import RECORD_BYTES
from harness import tools
from harness.commands.parts import options
from harness.commands.parts.numbers import finite, whole
from harness.commands.parts.parser import refuse
from harness.commands.parts.progress import ProgressLine
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.consumer.command import Recipe
from harness.consumer.compilation import compile_step
from harness.machine.runfolder import run_folder
from harness.machine.streams import say
from harness.mode_source import traffic_of
from harness.peers.c_program import CProgram
from harness.peers.rig import PeersRig
from harness.plan import MAX_DRAIN_RECORDS
from harness.session import carry_out
from harness.wishes import check_duration
from modes import Kit
from results.errors import BadInput
from results.peers import C_MODES, PARTS, TOOLS, PeersPlan, label
from results.plan import failed
from results.reports.forms.terminal import Console, draw
from results.reports.peers import peers_document
from traffic.discovery import load_kind
from traffic.kind import DropKind, choose_sender

NEEDS = "kernel"
COMPILED = "compiled"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--parts",
        default=",".join(PARTS),
        metavar="PART[,PART…]",
        help=f"which parts: {', '.join(PARTS)} (default: all)",
    )
    parser.add_argument("--trials", type=whole, default=7, metavar="N", help="trials of each consumer (default: 7)")
    parser.add_argument(
        "--records", type=whole, default=500_000, metavar="N", help="records in the full ring (default: 500,000)"
    )
    parser.add_argument(
        "--duration", type=finite, default=2.0, metavar="S", help="seconds of a live trial (default: 2)"
    )
    parser.add_argument(
        "--traffic", default=options.DEFAULT_TRAFFIC, metavar="KIND", help="kind of drops in live trials"
    )
    parser.add_argument("--sender", default="packet", metavar="NAME", help="how they are sent (default: packet)")
    options.add_session_options(parser, "the random order", retries="--trials")
    options.add_probe_options(parser)
    options.add_output_options(parser)


def run(arguments: argparse.Namespace) -> int:
    plan, kind = plan_of(arguments), load_kind(arguments.traffic)
    recording = options.recording_of(arguments, "peers", series=False)
    with run_folder() as folder:
        c_program, recipes, left_out = _others(plan, kind, folder)
        if not arguments.quiet:
            for why in dict.fromkeys(left_out.values()):
                say(f"left out: {why}")
        plan = plan_of(arguments, tuple(left_out))
        total = sum(1 for _ in plan.order(0))
        progress = ProgressLine(total, recording.out, quiet=arguments.quiet, as_json=arguments.json, name=label)
        rigs = partial(PeersRig, records=plan.records, c_program=c_program, tools=recipes)
        trials = carry_out(plan, recording, progress, traffic=traffic_of([arguments.traffic]), rigs=rigs).trials
    if not arguments.json:
        draw(peers_document(trials), Console())
    return INVALID_TRIAL if failed(trials) else DONE


def plan_of(arguments: argparse.Namespace, left_out: tuple[str, ...] = ()) -> PeersPlan:
    """Settle what is tried. Raises BadInput before anything is set up."""
    if not 0 < arguments.records <= MAX_DRAIN_RECORDS:
        raise BadInput(f"--records takes 1 to {MAX_DRAIN_RECORDS}; it is {arguments.records}")
    check_duration(arguments.duration)
    kind = load_kind(arguments.traffic)
    parts = tuple(part.strip() for part in arguments.parts.split(","))
    if "drain" not in parts:
        refuse(arguments, "only for the part drain, which --parts leaves out", "records")
    if "live" not in parts:
        refuse(arguments, "only for the part live, which --parts leaves out", "duration")
    if {"live", "program"}.isdisjoint(parts):
        refuse(arguments, "only for the parts live and program, which --parts leaves out", "traffic", "sender")
    needed = (arguments.records + 1) * RECORD_BYTES
    return PeersPlan(
        parts=parts,
        trials=arguments.trials,
        records=arguments.records,
        drain_ring_bytes=max(mmap.PAGESIZE, 1 << (needed - 1).bit_length()),
        duration_s=arguments.duration,
        traffic=kind.name,
        sender=choose_sender(kind, None, arguments.sender),
        left_out=tuple(mode for mode in left_out if mode != COMPILED),
        compiled=COMPILED not in left_out,
        retries=arguments.trials if arguments.retries is None else arguments.retries,
        channel_bytes=dict(_channels(arguments.records)),
    )


def _channels(records: int) -> Iterator[tuple[str, int]]:
    """Tell the channels beside the ring that this machine can use, and in how many bytes each holds so many records."""
    for name, channel in record_channels().items():
        size = channel.size_for(records)
        with suppress(BadInput):  # there are too many CPUs for so many records each
            channel.check_size(size)
            if name != "ring" and channel.unsupported() is None:
                yield name, size


def _others(
    plan: PeersPlan, kind: DropKind, folder: Path
) -> tuple[CProgram | None, Mapping[str, Recipe], Mapping[str, str]]:
    """Find who else there is: the C consumer, the tools; and of the modes that cannot take part, why."""
    left_out: dict[str, str] = {}
    c_program, recipes = None, {}
    try:
        if {"drain", "live"} & set(plan.parts):
            c_program = CProgram(folder)
    except CannotRun as error:
        left_out |= dict.fromkeys(C_MODES, f"the C consumer: {error.what} ({error.cure})")
    try:
        for setting in itertools.chain.from_iterable(map(plan.settings, plan.parts)):
            if setting.reader == "compiled":
                compile_step(setting.mode, record_channels()[setting.channel].machine_kind)
    except CannotRun as error:
        left_out[COMPILED] = f"the compiled reader: {error.what} ({error.cure})"
    if "live" in plan.parts:
        named = {name: tools.load_tool(name) for name in TOOLS}
        watched = tools.Filter("reason", Kit().reasons.number(kind.reasons[0]) or 0)
        recipes = {name: tool.recipe(watched, folder) for name, tool in named.items()}
        left_out |= tools.missing(named, recipes)
    return c_program, recipes, left_out
