"""Show the machine's own drops as they happen: line by line, or as a live table with --mode aggregate.

It sends no packets. Modes that write (terminal, file, work) print one line per drop; modes that count print a table at
the end.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import nullcontext

from rich.live import Live

from bpf.channel import Channel, counting_channel, record_channels
from bpf.channels.map import MapChannel
from bpf.counters import Counters
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program
from harness.columns import kept_columns, telling_columns
from harness.commands.parts.numbers import byte_count, finite, whole
from harness.commands.parts.parser import refuse
from harness.commands.parts.status import DONE, INTERRUPTED, INVALID_TRIAL, READER_GONE, TERMINATED, Terminated
from harness.consumer.containment import contained, told_of
from harness.consumer.mode_errors import describe, look_at_counts
from harness.machine.streams import reader_gone, redraws, say
from harness.watch.choice import Choice
from harness.watch.ending import Stop, ending_with_us
from harness.watch.loop import watch_counts, watch_events
from harness.watch.normal import NormalDrops
from harness.watch.rows import Row, tally_rows
from harness.wishes import DEFAULT_RING_BYTES, check_duration
from modes import Kit, load_mode, mode_names, readers_of
from results.errors import BadInput
from results.reports.document import Document, Heading, Line, Table, cells
from results.reports.forms.terminal import Console, draw, drawn
from results.shown import shown

NEEDS = "kernel"

ENTRIES = 65536


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", default="terminal", help="how the events are consumed (default: terminal)")
    parser.add_argument("--reason", action="append", metavar="NAME", help="only drops of this reason (repeatable)")
    parser.add_argument(
        "--pid", action="append", type=whole, help="only drops that happen while this process runs (repeatable)"
    )
    parser.add_argument(
        "--exclude-normal",
        action="store_true",
        help="leave out drops by which nothing is lost, as `bench atlas` found on this kernel, or, if unknown, on any",
    )
    parser.add_argument("--duration", type=finite, metavar="S", help="stop after so many seconds (default: on Ctrl-C)")
    parser.add_argument(
        "--channel", choices=list(record_channels()), default="ring", help="what carries the events (default: ring)"
    )
    parser.add_argument(
        "--ring-size",
        type=byte_count,
        default=DEFAULT_RING_BYTES,
        metavar="BYTES",
        help="size of the ring buffer (default: 1M)",
    )
    parser.add_argument("--json", action="store_true", help="a JSON object for each drop, or for each row")


def run(arguments: argparse.Namespace) -> int:
    check_numbers(arguments)
    try:
        with nullcontext() if arguments.mode in mode_names() else ending_with_us():
            return _watch(arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # at its end Python answers no signal any more, and would die of this


def check_numbers(arguments: argparse.Namespace) -> None:
    """Raise BadInput for a number that cannot be meant."""
    if arguments.duration is not None:
        check_duration(arguments.duration)
    record_channels()[arguments.channel].check_size(arguments.ring_size)
    for pid in arguments.pid or ():
        if not 0 <= pid < 1 << 32:
            raise BadInput(f"--pid is the number of a process, not {pid}")


def _watch(arguments: argparse.Namespace) -> int:
    with contained() as undone:
        mode_class = load_mode(arguments.mode)
    aggregating = counting_channel(readers_of(mode_class)) is not None
    if aggregating:
        refuse(arguments, f"mode {arguments.mode} has no records: it reads the program's map", "channel", "ring_size")
    asked = (number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN)
    stop = Stop(*asked, signal.SIGALRM)
    kit = Kit(format="json" if arguments.json else "text", output=sys.stdout.fileno())
    chosen = Choice(kit, arguments.reason, arguments.pid)
    of_records = record_channels()[arguments.channel]
    channel: Channel = (
        MapChannel(entries=ENTRIES) if aggregating else of_records.of(size_bytes=arguments.ring_size, wakeup="adaptive")
    )
    raised: str | None = None
    excluding = arguments.exclude_normal
    columns = telling_columns(os.uname().release, os.uname().machine) if excluding else ()
    normal = NormalDrops(kit, columns, kept_columns() if excluding else ())
    with Program(LoadOptions(channel=channel, normals=normal.sorts)) as program:
        program.attach()
        if arguments.duration is not None:
            signal.setitimer(signal.ITIMER_REAL, arguments.duration)
        gone = False
        try:
            if aggregating:
                _print_counts(watch_counts(program, kit, chosen, stop), as_json=arguments.json)
            else:
                with contained() as undone_later:
                    mode = mode_class(kit)
                    look_at_counts(mode)
                undone += undone_later
                unread = watch_events(program, mode, chosen, stop)
                if unread:
                    say(f"bench: {unread:,} drops were seen and not consumed in time")
                if mode.tally:
                    _print_rows(tally_rows(mode, kit), as_json=arguments.json)
        except (CannotRun, Terminated):
            raise
        except BaseException as error:  # a mode's own KeyboardInterrupt too: Ctrl-C only sets `stop`
            gone = isinstance(error, BrokenPipeError) and reader_gone()  # `bench watch | head` has seen enough
            if not gone and arguments.mode in mode_names():
                raise
            raised = None if gone else describe(error, mode_class)
        counters = program.counters.read()
        hidden = program.hidden()
    if undone:
        say(f"bench: {told_of(undone)}")
    _say_counts(counters, channel.name, normal.told(hidden))
    if gone:
        return READER_GONE
    if raised is not None:
        say(f"bench: the mode raised {raised}")
        return INVALID_TRIAL
    return {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}.get(stop.received or signal.SIGALRM, DONE)


def _say_counts(counters: Counters, channel: str, left_out: Iterable[str]) -> None:
    lost = counters.reserve_failed + counters.map_full
    seen = counters.submitted + counters.aggregated
    say(f"{seen:,} drops seen, {lost:,} lost (no room in the {channel})")
    for line in left_out:
        say(line)


def _print_counts(snapshots: Iterable[list[Row]], *, as_json: bool) -> None:
    """Show each snapshot in the place of the one before; where nobody sees that, the last."""
    live, console = redraws(sys.stdout) and not as_json, Console()
    with Live(console=console, auto_refresh=False) if live else nullcontext() as screen:
        for rows in snapshots:
            if screen is not None:
                screen.update(drawn(_table(rows), console), refresh=True)
    if not live:
        _print_rows(rows, as_json=as_json)


def _print_rows(rows: list[Row], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(json.dumps(row.cells()), flush=True)
    else:
        draw(Document((), (_table(rows),)), Console())


def _table(rows: list[Row]) -> Table:
    """Make a line for each row, whose reason is its label."""
    names = [name for name in rows[0].cells() if name != "reason"] if rows else []
    texts = ([_text(name, value) for name, value in row.cells().items()] for row in rows)
    lines = tuple(Line(reason, cells(*others)) for reason, *others in texts)
    headings = tuple(Heading(name, words=name in ("function", "process")) for name in names)
    return Table("reason", headings, lines, narrow="fold")


def _text(name: str, value: str | int | None) -> str:
    return "–" if value is None else f"{value:,}" if name == "count" else shown(value)
