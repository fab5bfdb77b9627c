"""Hold our readers to C, bpftrace and perf: the same ring, the same drops, interleaved.

Three parts. drain: one ring, filled to the same mark each time and emptied by one consumer after another, in random
order. program: what the BPF program costs an event, by the kernel's run-time statistics. live: real drops as fast as
they can be sent. What is not installed is left out, and named.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions
from bpf.record import RECORD_BYTES
from harness.commands.parts import options
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.machine.caller import caller
from harness.machine.runfolder import run_folder
from harness.machine.streams import say
from harness.peers import c_program
from harness.peers.contender import Contender, CProgram, drain_contenders
from harness.peers.drain import Bench, drain_trial
from harness.peers.live import LiveBench, live_contenders, live_trial
from harness.peers.load import Load
from harness.peers.program_cost import CostBench
from harness.peers.ring import SharedRing, usual_causes
from harness.peers.table import print_costs, print_drains, print_live
from harness.peers.tools import Tool, tool_trial, tools
from harness.plan import DEFAULT_RING_BYTES, MAX_DRAIN_RECORDS, check_duration
from harness.session import default_out, new_session
from harness.trial import Identity, choose_place
from modes import Kit
from results.errors import BadInput
from results.file import ResultWriter
from results.plan import check_trials
from results.reports.forms.terminal import Console
from results.trial import Trial
from traffic.discovery import load_kind
from traffic.testbed import Testbed

NEEDS = "kernel"
PARTS = ("drain", "program", "live")
# A line of text is rarely longer: room for what a drain trial writes, made before anything is timed.
LINE_BYTES = 128


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--parts", default=",".join(PARTS), metavar="PART[,PART…]", help=f"of {', '.join(PARTS)} (default: all)"
    )
    parser.add_argument("--trials", type=int, default=7, metavar="N", help="trials of each consumer (default: 7)")
    parser.add_argument("--records", type=int, default=500_000, metavar="N", help="of a drain (default: 500,000)")
    parser.add_argument(
        "--duration", type=options.finite, default=2.0, metavar="S", help="of a live trial (default: 2)"
    )
    parser.add_argument("--traffic", default=options.DEFAULT_TRAFFIC, metavar="KIND", help="drops of the live trials")
    parser.add_argument("--sender", default="packet", metavar="NAME", help="how they are sent (default: packet)")
    parser.add_argument("--seed", type=int, help="of the random order (default: drawn, and recorded)")
    options.add_output_options(parser)


def run(arguments: argparse.Namespace) -> int:
    parts = [part.strip() for part in arguments.parts.split(",")]
    _check(arguments, parts)
    kind = load_kind(arguments.traffic)
    session = new_session(
        {name: getattr(arguments, name) for name in ("parts", "trials", "records", "duration", "traffic", "sender")},
        arguments.seed,
    )
    trials: list[Trial] = []
    with ExitStack() as stack:
        writer = stack.enter_context(ResultWriter(arguments.out or default_out(caller(), "peers")))
        writer.session(session)
        run_ = _Run(arguments, session.id, session.seed, stack.enter_context(run_folder()))
        ring_size_bytes = 1 << ((arguments.records + 1) * RECORD_BYTES - 1).bit_length()
        drains = [c for c in drain_contenders(arguments.records, ring_size_bytes) if run_.can(c)]
        lives = [c for c in live_contenders(kind.name, DEFAULT_RING_BYTES, arguments.duration) if run_.can(c)]
        made: list[Iterator[Trial]] = []
        if "drain" in parts:
            made.append(run_.drain(drains, ring_size_bytes))
        if "program" in parts or "live" in parts:
            bed = stack.enter_context(Testbed())
            load = stack.enter_context(Load.installed(kind, bed, arguments.sender, run_.place.generator_cpu))
            if "program" in parts:
                made.append(run_.costs(load))
            if "live" in parts:
                made.append(run_.live(lives, load))
        for part in made:
            for trial in part:
                writer.trial(trial)
                trials.append(trial)
                if arguments.json:
                    print(json.dumps(trial.to_json()), flush=True)
        if not arguments.quiet:
            say(f"results: {writer.path}")
    if not arguments.json:
        console = Console()
        print_drains(console, drains, trials)
        print_costs(console, trials)
        print_live(console, lives, trials)
    return DONE if all(trial.valid for trial in trials) else INVALID_TRIAL


def _check(arguments: argparse.Namespace, parts: list[str]) -> None:
    """Refuse what makes no sense before anything is set up. Raises BadInput."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise BadInput(f"--parts has no {unknown[0]!r}; there are {', '.join(PARTS)}")
    check_trials("--trials", arguments.trials, 1)
    if not 0 < arguments.records <= MAX_DRAIN_RECORDS:
        raise BadInput(f"--records takes 1 to {MAX_DRAIN_RECORDS}; it is {arguments.records}")
    check_duration(arguments.duration)


class _Run:
    """One run of the command: numbers its trials, and says what it is at."""

    def __init__(self, arguments: argparse.Namespace, session: str, seed: int, folder: Path) -> None:
        self._arguments = arguments
        self._session = session
        self._seed = seed
        self._folder = folder
        self._number = 0
        self._kit = Kit()
        self.place = choose_place()
        built = c_program.build(folder)
        self._c_program: CProgram | None = None
        if isinstance(built, str):
            self._say(f"the C consumer is left out: {built}")
        else:
            reasons = folder / "reasons"
            named = sorted((number, name) for name, number in self._kit.reasons.by_name().items())
            reasons.write_text("".join(f"{number} {name}\n" for number, name in named))
            self._c_program = CProgram(program=built, reasons=reasons)
        # In memory and with all its pages: what a disk or new pages cost is not the consumer's.
        self._output_fd = os.memfd_create("bench-peers")
        room = arguments.records * LINE_BYTES
        for begin in range(0, room, 1 << 24):
            os.pwrite(self._output_fd, bytes(1 << 24), begin)

    def can(self, contender: Contender) -> bool:
        return contender.c_work is None or self._c_program is not None

    def drain(self, contenders: list[Contender], ring_size_bytes: int) -> Iterator[Trial]:
        channel = RingChannel(size_bytes=max(ring_size_bytes, mmap.PAGESIZE), wakeup="none")
        options = LoadOptions(channel=channel, synthetic=True)
        with SharedRing(options, usual_causes(self._kit)) as ring:
            bench = Bench(ring=ring, c_program=self._c_program, output_fd=self._output_fd, cpu=self.place.consumer_cpu)
            for block in range(self._arguments.trials):
                for contender in self._shuffled(contenders, block):
                    self._say(f"block {block + 1}: {contender.label} drains")
                    yield drain_trial(bench, contender, self._identity(block))

    def costs(self, load: Load) -> Iterator[Trial]:
        with CostBench(load) as bench:
            for block in range(self._arguments.trials):
                self._say(f"block {block + 1}: the program's variants, at once")
                yield from bench.block([self._identity(block) for _ in bench.variants], self._seed + block)

    def live(self, contenders: list[Contender], load: Load) -> Iterator[Trial]:
        bench = LiveBench(load=load, c_program=self._c_program, output_fd=self._output_fd, cpu=self.place.consumer_cpu)
        reason = self._kit.reasons.number(load.kind.reasons[0])
        found, missing = tools(reason or 0, self._folder)
        for what in missing:
            self._say(f"left out: {what}")
        for block in range(self._arguments.trials):
            turns: list[Contender | Tool] = [*contenders, *found]
            random.Random(self._seed + block).shuffle(turns)
            for turn in turns:
                identity = self._identity(block)
                if isinstance(turn, Contender):
                    self._say(f"block {block + 1}: {turn.label}")
                    yield live_trial(bench, turn, identity)
                    continue
                trial = tool_trial(bench, turn, identity, self._arguments.duration)
                if isinstance(trial, str):
                    self._say(f"left out: {trial}")
                    found.remove(turn)
                else:
                    self._say(f"block {block + 1}: {turn.mode}")
                    yield trial

    def _shuffled(self, contenders: list[Contender], block: int) -> list[Contender]:
        return random.Random(self._seed + block).sample(contenders, len(contenders))

    def _identity(self, block: int) -> Identity:
        self._number += 1
        return Identity(session=self._session, number=self._number - 1, block=block, seed=self._seed + block)

    def _say(self, what: str) -> None:
        if not self._arguments.quiet:
            say(what)
