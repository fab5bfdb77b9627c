"""Measure how often check raises a false alarm on this machine, and which slowdown it reliably finds.

Runs whole gates whose truth is known: A against A, and A against an A that carries a stated handicap, or against a
mode that is known to be slower. Each gate is a check of its own in the result file. The shares come with exact binomial
bounds. Interrupted, the same command goes on with the next gate, or with --resume within the one that was interrupted.
check quotes the certificate on this machine, and leaves metrics ungated that it shows to be too coarse.

  bench certify --mode epoll --gates 60 --slowed 30 --handicap cpu=0.15
  bench certify --mode mine.py --handicap mode=mine_slower.py
"""

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.check import certificates
from harness.check.arms import Arms, Side, alone
from harness.check.configuration import Wanted, wanted
from harness.check.plan import make_check
from harness.clock import Clock
from harness.commands.parts import options
from harness.commands.parts.numbers import whole
from harness.commands.parts.progress import ProgressLine
from harness.commands.parts.roles import session_file
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.consumer import handicap
from harness.machine.caller import Caller, caller
from harness.machine.fingerprint import fingerprint
from harness.machine.streams import redraws, say
from harness.mode_source import sources_of, traffic_of
from harness.session import MOST_SEED, Recording, carry_out, check_seed
from harness.wishes import Wishes, expand_modes
from results.check.certify import OTHER_MODE, CertifiedGate, certify, finished_gates, handicap_of
from results.check.plan import Check, TooManyInvalid, check_of
from results.errors import BadInput
from results.file import read
from results.reports.certificate import certificate_document
from results.reports.forms.markdown import markdown
from results.session import machine_of, same_machine

NEEDS = "kernel"
MOST_GATES = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the certificate")
    group.add_argument("--gates", type=whole, default=60, metavar="N", help="gates of A against A (default: 60)")
    group.add_argument("--slowed", type=whole, default=30, metavar="N", help="gates with each handicap (default: 30)")
    group.add_argument(
        "--handicap",
        action="append",
        metavar="cpu=SHARE|allocations=N|mode=MODE",
        help="what arm B carries, or which mode it runs, in slowed gates; may be repeated (default: cpu=0.15)",
    )
    options.add_consumer_options(parser)
    options.add_probe_options(parser)
    options.add_gate_options(parser)
    options.add_session_options(parser, "the gates' coins and traffic")
    parser.add_argument("--json", action="store_true", help="print the certificate as JSON, and nothing else")
    parser.add_argument(
        "--out", type=session_file, metavar="FILE", help="result file of all gates (default: by host and plan)"
    )
    parser.add_argument("--quiet", action="store_true", help="do not show progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    owner = caller()
    said, wishes = wanted(options.flags_of(arguments), options.consumer_wishes_of(arguments))
    modes = expand_modes(arguments.mode)
    check = make_check(alone(modes, wishes, "the consumer", "the same consumer"), said)
    options.refuse_unheeded_by(check, arguments)
    targets = _targets(arguments)
    _refuse_what_is_no_slower_mode(targets, check, said, wishes)
    check_seed(arguments.seed)
    out = arguments.out or _out(check, owner)
    try:
        if arguments.resume and (begun := _interrupted(out, check)):
            _run_gate(arguments, begun, out, resume=True)
        clock, total = Clock(), sum(targets.values())
        for number, kind in _due(out, check, targets):
            told = partial(_told, clock, number, total)
            if not (arguments.quiet or redraws(sys.stderr)):
                say(told())
            _run_gate(arguments, _slowed(check, kind), out, number=number, told=told)
            clock.made()
    except TooManyInvalid as error:
        say(f"bench: {error}")
        return INVALID_TRIAL
    certificate = certify(_finished(out, check))
    kept = certificates.store(certificate, owner)
    if arguments.json:
        print(json.dumps(certificate.to_json(), indent=1))
    else:
        print(markdown(certificate_document(certificate)), end="")
    if not arguments.quiet:
        say(f"gates: {out}", f"certificate: {kept}")
    return DONE


def _targets(arguments: argparse.Namespace) -> dict[str | None, int]:
    """Say how many gates of each handicap are wanted; None is A against A."""
    if not (1 <= arguments.gates <= MOST_GATES and 0 <= arguments.slowed <= MOST_GATES):
        raise BadInput(f"--gates must be at least 1, --slowed at least 0, and both at most {MOST_GATES}")
    if arguments.handicap and not arguments.slowed:
        raise BadInput("--slowed 0 wants no gates with a handicap; leave out --handicap")
    handicaps = arguments.handicap or ["cpu=0.15"]
    for text in handicaps:
        if not text.startswith(OTHER_MODE):
            handicap.parse(text)
    return {None: arguments.gates, **dict.fromkeys(handicaps, arguments.slowed)}


def _refuse_what_is_no_slower_mode(kinds: Iterable[str | None], check: Check, said: Wanted, wishes: Wishes) -> None:
    """Raise BadInput for a mode that cannot stand for a slower state of the one that is certified."""
    modes = {comparison.mode for comparison in check.comparisons}
    for kind in kinds:
        if kind is None or not kind.startswith(OTHER_MODE):
            continue
        if len(modes) != 1:
            raise BadInput(f"--handicap {kind} is a slower state of one mode; --mode names {len(modes)}")
        (mode,) = modes
        sides = Side(mode, wishes), Side(kind.removeprefix(OTHER_MODE), wishes)
        if make_check(Arms("", "", {mode: sides}), said).comparisons != _slowed(check, kind).comparisons:
            raise BadInput(f"--handicap {kind}: it has other readers, waits or formats than {mode}")


def _due(out: Path, check: Check, targets: dict[str | None, int]) -> Iterator[tuple[int, str | None]]:
    """Yield number and handicap of each gate still to be run, kinds mixed evenly, so that all meet the same hours."""
    done = Counter(gate.handicap for gate in _finished(out, check))
    while open_kinds := [kind for kind, target in targets.items() if done[kind] < target]:
        kind = min(open_kinds, key=lambda kind: done[kind] / targets[kind])
        yield done.total(), kind
        done[kind] += 1


def _finished(out: Path, check: Check) -> Sequence[CertifiedGate]:
    """Read the gates that are done. Raises BadInput when the file holds other plans or another machine's.

    A new version of bench, or a new start of the machine, goes on with them: what is certified is the machine.
    """
    if not out.exists() or not out.stat().st_size:
        return ()
    held = read(out)
    gates = finished_gates(held.sessions, held.trials)
    host = fingerprint()
    for gate in gates:
        if _slowed(check, gate.handicap) != gate.check or not same_machine(gate.session.host, host):
            raise BadInput(
                f"session {gate.session.id} of {out} had another plan or machine; name another file with --out"
            )
    return gates


def _interrupted(out: Path, check: Check) -> Check | None:
    """Return the gate that the file ends with, if it is not finished. Raises BadInput where there is no file."""
    if not out.exists():
        raise BadInput(f"cannot read {out}: there is no such file; begin without --resume")
    last = read(out).sessions[-1]
    if any(gate.session.id == last.id for gate in _finished(out, check)):
        return None
    return _slowed(check, handicap_of(check_of(last)))


def _told(clock: Clock, number: int, total: int) -> str:
    return f"gate {number + 1}/{total}, {clock.told(total - number)}"


def _run_gate(
    arguments: argparse.Namespace,
    check: Check,
    out: Path,
    *,
    number: int = 0,
    resume: bool = False,
    told: Callable[[], str] | None = None,
) -> None:
    """Run a gate, or go on with it. Each has a coin of its own, which a seed decides too."""
    seed = None if arguments.seed is None else random.Random(f"gate {number} of {arguments.seed}").randrange(MOST_SEED)
    recording = Recording(out=out, seed=seed, resume=resume, probing=options.probing_of(arguments))
    modes = [setting.mode for each in check.comparisons for setting in (each.a, each.b)]
    quiet = arguments.quiet or not redraws(sys.stderr)
    progress = ProgressLine(check.most_trials, None, quiet=quiet, modes=modes, told=told)
    sources, offered = sources_of(modes, arguments.program), traffic_of([arguments.traffic])
    carry_out(check, recording, progress, modes=sources, traffic=offered)


def _slowed(check: Check, kind: str | None) -> Check:
    """Make the gate of a handicap; None is A against A."""
    if kind is not None and kind.startswith(OTHER_MODE):
        other = kind.removeprefix(OTHER_MODE)
        slowed = tuple(replace(one, b=replace(one.b, mode=other)) for one in check.comparisons)
        return replace(check, comparisons=slowed, arm_b=f"mode {other}")
    slowed = tuple(replace(one, b=replace(one.b, handicap=kind)) for one in check.comparisons)
    words = check.arm_b if kind is None else f"the same consumer with {kind}"
    return replace(check, comparisons=slowed, arm_b=words)


def _out(check: Check, owner: Caller) -> Path:
    about = json.dumps([check.to_json()["check"], machine_of(fingerprint())], sort_keys=True)
    return certificates.folder_of(owner) / f"{hashlib.sha256(about.encode()).hexdigest()[:16]}.jsonl"
