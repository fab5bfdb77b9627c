"""List the kinds of drops that can be offered, and check this kernel against each one's contract.

A kind is a recipe that provokes drops with one known reason. --verify sends a known number of frames of each,
and accounts for every one of them: with a BPF program that counts drops by reason, and with the counters of the network
namespaces. So it also says what any other drop monitor should see on this kernel.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence

from bpf.btf import KernelTypes
from bpf.errors import CannotRun
from bpf.reasons import Reasons
from harness.clock import Clock
from harness.commands.parts.kind_tables import findings_table
from harness.commands.parts.numbers import whole
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.machine.privileges import missing_capabilities, require
from harness.machine.streams import redraw, redraws
from results.errors import BadInput, unknown
from results.reports.document import Bad, Document, Line, Table, cells, titled
from results.reports.forms.terminal import Console, draw
from traffic.conformance import Finding, verify
from traffic.discovery import kind_names, load_kind
from traffic.kind import DropKind, choose_sender
from traffic.own_kind import OwnKind
from traffic.senders import SENDERS, SenderName
from traffic.speed import BARE_LOOP, ROUND_MS, measure
from traffic.support import lacking, lacking_set_up
from traffic.synthetic import is_synthetic
from traffic.testbed import Testbed

NEEDS = "nothing"
DEFAULT_COUNT = 2000
DEFAULT_ROUNDS = 9
MOST_COUNT = 10_000_000
MOST_ROUNDS = 10_000
IN_A_FILE = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kind",
        nargs="*",
        metavar="KIND",
        help="kinds, files of your own, or mixes as mix:a=70+b=30 (default: all kinds)",
    )
    parser.add_argument("--verify", action="store_true", help="send each kind and account for every frame; needs root")
    parser.add_argument(
        "--speed",
        action="store_true",
        help="compare the senders with a bare C loop, on KIND (default: udp-closed-port)",
    )
    parser.add_argument("--rounds", type=whole, metavar="N", help=f"rounds of --speed (default: {DEFAULT_ROUNDS})")
    parser.add_argument("--count", type=whole, metavar="N", help=f"frames of each to send (default: {DEFAULT_COUNT})")
    parser.add_argument("--sender", help="packet or xdp (default: each that a kind allows)")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    if not arguments.verify and (arguments.count is not None or arguments.sender is not None):
        raise BadInput("--count and --sender are only for --verify")
    if arguments.count is not None and not 1 <= arguments.count <= MOST_COUNT:
        raise BadInput(f"--count is 1 or more, at most {MOST_COUNT}, not {arguments.count}")
    if arguments.sender not in (None, *SENDERS):
        raise unknown(f"no sender {arguments.sender!r}; there are {', '.join(SENDERS)}", arguments.sender, SENDERS)
    if (arguments.verify or arguments.speed) and any(is_synthetic(name) for name in arguments.kind):
        raise BadInput("synthetic load sends no packets: there is nothing of the kernel's to verify or to compare")
    if arguments.speed:
        return _compare_speeds(arguments)
    if arguments.rounds is not None:
        raise BadInput("--rounds is only for --speed")
    kinds = [load_kind(name) for name in arguments.kind or kind_names()]
    return _verify(arguments, kinds) if arguments.verify else _list(kinds, as_json=arguments.json)


def _list(kinds: Sequence[DropKind], *, as_json: bool) -> int:
    probed = not missing_capabilities()
    why_not = lacking_set_up(kinds) if probed else lacking(kinds)
    if as_json:
        for kind in kinds:
            why = why_not[kind.name]
            row = {"kind": kind.name, "summary": kind.summary, "reasons": kind.reasons, "senders": kind.senders}
            print(json.dumps({**row, "supported": why is None, "unsupported_because": why, "set_up_tried": probed}))
        return DONE
    titles = ("reason", "senders", "what it is")
    table = Table(
        "kind", titled(*titles, words=titles), tuple(_kind(each, why_not[each.name]) for each in kinds), narrow="fold"
    )
    supported = sum(why is None for why in why_not.values())
    known_so_far = "." if probed else ", as far as can be told without root: no set-up was tried."
    said = (
        (),
        (f"{supported} of {len(kinds)} kinds are supported here{known_so_far}",),
        ("Beside them: a mix of kinds, as mix:udp-closed-port=70+netfilter=30, and synthetic (or synthetic:KEYS),",),
        ("records without packets.",),
    )
    draw(Document((), (table, *said)), _console())
    return DONE


def _kind(kind: DropKind, why: str | None) -> Line:
    about = kind.summary if why is None else Bad(f"unsupported: {why}")
    return Line(kind.name, cells(", ".join(kind.reasons), ", ".join(kind.senders), about))


def _verify(arguments: argparse.Namespace, kinds: Sequence[DropKind]) -> int:
    require("kernel", "traffic --verify", sys.argv[1:])
    with KernelTypes() as types:
        known = Reasons.of_kernel(types)
    # Of a kind of the user's own, a set-up that raises is what is to be found.
    why_not = dict.fromkeys(kind.name for kind in kinds) | lacking_set_up(
        [k for k in kinds if not isinstance(k, OwnKind)]
    )
    loads = [(kind, sender) for kind in kinds if why_not[kind.name] is None for sender in _senders(kind, arguments)]
    if arguments.kind and not loads:
        raise CannotRun(f"{kinds[0].name} cannot be verified: {why_not[kinds[0].name]}", "see bench traffic")
    findings: list[Finding] = []
    with Testbed() as bed:
        begins = _begins(len(loads))
        begins(0)
        for finding in verify(bed, loads, arguments.count or DEFAULT_COUNT, known):
            findings.append(finding)
            begins(len(findings))
            if arguments.json:
                print(json.dumps(finding.to_json()), flush=True)
    if arguments.json:
        for name, why in why_not.items():
            if why is not None:
                print(json.dumps({"kind": name, "unsupported_because": why}))
    else:
        draw(_verified(findings, why_not), _console())
    return INVALID_TRIAL if any(finding.wrong for finding in findings) else DONE


def _begins(total: int) -> Callable[[int], None]:
    """Make what says, on a terminal, how many of so many are done, and how long that takes."""
    clock, live = Clock(), redraws(sys.stderr)

    def begins(done: int) -> None:
        if done:
            clock.made()
        if live:
            redraw(f"[{done + 1}/{total}] {clock.told(total - done)}" if done < total else "")

    return begins


def _senders(kind: DropKind, arguments: argparse.Namespace) -> Sequence[SenderName]:
    """Return the senders to verify a kind with; of those asked for by name, only what the kind allows."""
    if arguments.sender is None:
        return kind.senders
    if arguments.kind:
        return [choose_sender(kind, None, arguments.sender)]
    return [sender for sender in kind.senders if sender == arguments.sender]


def _compare_speeds(arguments: argparse.Namespace) -> int:
    names = arguments.kind or ["udp-closed-port"]
    if arguments.verify or len(names) != 1:
        raise BadInput("--speed is about one kind, and not together with --verify")
    rounds = arguments.rounds if arguments.rounds is not None else DEFAULT_ROUNDS
    if not 1 <= rounds <= MOST_ROUNDS:
        raise BadInput(f"--rounds is 1 or more, at most {MOST_ROUNDS}, not {rounds}")
    require("kernel", "traffic --speed", sys.argv[1:])
    begins = _begins(rounds)
    speeds, wrong = measure(load_kind(names[0]), rounds, begins)
    begins(rounds)
    rates: dict[str, list[float]] = {}
    for speed in speeds:
        rates.setdefault(speed.sender, []).append(speed.rate)
    # Neighbours in time had the same machine: a ratio is the median of the rounds' ratios, not the ratio of medians.
    lines = []
    for sender, found in sorted(rates.items()):
        ratio = statistics.median(ours / bare for ours, bare in zip(found, rates[BARE_LOOP], strict=True))
        middle = statistics.median(found)
        if arguments.json:
            row = {
                "kind": names[0],
                "sender": sender,
                "frames_per_cpu_s": middle,
                "to_bare_loop": ratio,
                "rounds": found,
            }
            print(json.dumps({**row, "wrong": wrong}))
        numbers = [f"{rate:,.0f}" for rate in (middle, min(found), max(found))]
        lines.append(Line(sender, cells(*numbers, f"{ratio:.2f}")))
    if not arguments.json:
        sent = sum(speed.sent for speed in speeds)
        witness = "; ".join(wrong) if wrong else "and the second witness counted as many."
        said = f"{rounds} rounds of {ROUND_MS} ms each in turn; {sent:,} frames of {names[0]} sent, {witness}"
        titles = titled("frames per CPU second", "lowest", "highest", "to the C loop")
        draw(Document((), (Table("sender", titles, tuple(lines)), (), (said,))), _console())
    return INVALID_TRIAL if wrong else DONE


def _verified(findings: Sequence[Finding], why_not: Mapping[str, str | None]) -> Document:
    unsupported = tuple((f"{name} is unsupported: {why}",) for name, why in why_not.items() if why is not None)
    conforming = sum(not finding.wrong for finding in findings)
    said = (
        f"{len(why_not) - len(unsupported)} of {len(why_not)} kinds are supported; "
        f"{conforming} of {len(findings)} runs are as their contract states."
    )
    return Document((), (*findings_table(findings), *unsupported, (), (said,)))


def _console() -> Console:
    """Make a console; what goes into a file or a pipe is not broken at 80 columns."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, IN_A_FILE))
