"""Show the machine's own drops as they happen: line by line, or as a live table with --mode aggregate.

Sends nothing. Modes that write (terminal, file, work) print lines; modes that count print a table at the end.
"""

from __future__ import annotations

import argparse
import ctypes
import difflib
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bpf.channels.ring import Ring, RingPositions
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program, check_ring_size
from bpf.readers import batch
from bpf.readers.batch import BatchReader
from bpf.readers.callback import CallbackReader
from bpf.readers.snapshot import Counts, Keys, SnapshotReader
from bpf.record import SAMPLE_BYTES, SAMPLE_STRUCT, Samples, ring_capacity
from harness.commands.parts import options
from harness.commands.parts.status import DONE, INTERRUPTED, INVALID_TRIAL, READER_GONE, TERMINATED, Terminated
from harness.consumer import waits as loops
from harness.consumer.containment import contained
from harness.consumer.leavings import leavings, told_of
from harness.consumer.mode_errors import callback_errors, describe
from harness.consumer.stop import StopSignal
from harness.consumer.waits import Pace
from harness.machine import streams
from harness.machine.group import Group
from harness.machine.streams import say
from harness.messages import DRAIN_DEADLINE_S
from harness.plan import DEFAULT_RING_BYTES, check_duration
from modes import Kit, Mode, load_mode, mode_names, readers_of
from results.errors import BadInput
from results.reports.forms.terminal import Console
from results.shown import shown

NEEDS = "kernel"

REFRESH_S = 0.5
PATIENCE_S = 1.0
ENTRIES = 65536


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", default="terminal", help="how the events are consumed (default: terminal)")
    parser.add_argument("--reason", action="append", metavar="NAME", help="only drops of this reason (repeatable)")
    parser.add_argument("--pid", action="append", type=int, help="only drops on this process's time (repeatable)")
    parser.add_argument(
        "--duration", type=options.finite, metavar="S", help="stop after so many seconds (default: at Ctrl-C)"
    )
    parser.add_argument("--ring-size", type=options.byte_count, default=DEFAULT_RING_BYTES, metavar="BYTES")
    parser.add_argument("--json", action="store_true", help="a JSON object for each drop, or for each row")


def run(arguments: argparse.Namespace) -> int:
    if arguments.duration is not None:
        check_duration(arguments.duration)
    check_ring_size(arguments.ring_size)
    for pid in arguments.pid or ():
        if not 0 <= pid < 1 << 32:
            raise BadInput(f"--pid is the number of a process, not {pid}")
    try:
        with nullcontext() if arguments.mode in mode_names() else _ending_with_us():
            return _watch(arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # at its end Python answers no signal any more, and would die of this


def _watch(arguments: argparse.Namespace) -> int:
    with contained() as undone:
        mode_class = load_mode(arguments.mode)
    aggregating = "snapshot" in readers_of(mode_class)
    asked = (number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN)
    stop = _Stop(*asked, signal.SIGALRM)
    kit = Kit(format="json" if arguments.json else "text", output=sys.stdout.fileno())
    chosen = _Choice(kit, arguments.reason, arguments.pid)
    load = LoadOptions(
        ring_size_bytes=None if aggregating else arguments.ring_size, aggregate_entries=ENTRIES, tag=None
    )
    raised: str | None = None
    with Program(load) as program:
        program.attach()
        if arguments.duration is not None:
            signal.setitimer(signal.ITIMER_REAL, arguments.duration)
        gone = False
        try:
            if aggregating:
                _watch_table(program, kit, chosen, stop, as_json=arguments.json)
            else:
                with contained() as undone_later:
                    mode = mode_class(kit)
                undone += undone_later
                _watch_events(program, mode, chosen, stop)
                if mode.tally:
                    _print_rows(_tally_rows(mode, kit), as_json=arguments.json)
        except BrokenPipeError:  # `bench watch | head` has seen enough
            gone = True
        except CannotRun:
            raise
        except Terminated:
            raise
        except BaseException as error:  # a mode's own KeyboardInterrupt too: Ctrl-C only sets `stop`
            if arguments.mode in mode_names():
                raise
            raised = describe(error, mode_class)
        counters = program.counters.read()
    lost = counters.reserve_failed + counters.map_full
    seen = counters.submitted + counters.aggregated
    if undone:
        streams.say(f"bench: {told_of(undone)}")
    streams.say(f"{seen:,} drops seen, {lost:,} lost (no room in the {'map' if aggregating else 'ring'})")
    if gone:
        return READER_GONE
    if raised is not None:
        streams.say(f"bench: the mode raised {raised}")
        return INVALID_TRIAL
    return {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}.get(stop.received or signal.SIGALRM, DONE)


@contextmanager
def _ending_with_us() -> Iterator[None]:
    """End what a mode has started, and tell it. Its threads end with the process."""
    group = Group()
    os.environ |= group.environment
    group.admit(os.getpid())
    try:
        yield
    finally:
        threads = [thread.name for thread in threading.enumerate() if not thread.daemon][1:]
        for left in leavings(list(group.end().values()), threads):
            streams.say(f"bench: {left}")


class _Stop(StopSignal):
    """Once somebody asked for the end, no pipe that nobody reads holds it up: the write that waits goes nowhere."""

    def _receive(self, number: int, frame: FrameType | None) -> None:
        super()._receive(number, frame)
        if self.received is not signal.SIGALRM:
            if number == signal.SIGALRM:
                streams.drop_unread()
            signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)


class _Choice:
    """Which drops are wanted."""

    def __init__(self, kit: Kit, reasons: list[str] | None, pids: list[int] | None) -> None:
        self._reasons = None if reasons is None else [_reason_number(kit, name) for name in reasons]
        self._pids = pids

    def wants(self, address: int) -> bool:
        """Tell whether the sample at an address is wanted."""
        _timestamp, _location, pid, reason = SAMPLE_STRUCT.unpack(ctypes.string_at(address, SAMPLE_BYTES))
        return (self._reasons is None or reason in self._reasons) and (self._pids is None or pid in self._pids)

    def rows(self, events: Any) -> Any:
        """Return the wanted rows of an array that has the fields `reason` and `pid`."""
        wanted = self.mask(events)
        return events if wanted is None else events[wanted]

    def mask(self, events: Any) -> Any:
        """Return a boolean array, or None when all are wanted."""
        masks = []
        if self._reasons is not None:
            masks.append(np.isin(events["reason"], self._reasons))
        if self._pids is not None:
            masks.append(np.isin(events["pid"], self._pids))
        return np.logical_and.reduce(masks) if masks else None


def _reason_number(kit: Kit, name: str) -> int:
    number = kit.reasons.number(name.upper())
    if number is None:
        near = difflib.get_close_matches(name.upper(), kit.reasons.all_names(), n=1)
        raise BadInput(f"this kernel has no drop reason {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return number


def _watch_events(program: Program, mode: Mode, chosen: _Choice, stop: StopSignal) -> None:
    """Consume until told to stop, and what is left then, while the deadline lasts. Raises what the mode raises."""
    consumer: Any = mode
    channel: loops.Channel
    give_up_s = 0.0

    def take(samples: Samples) -> None:
        wanted = chosen.rows(samples)
        if len(wanted):
            consumer.take(wanted)

    def on_record(ctx: int, data: int, size: int) -> int:
        if chosen.wants(data):
            consumer.on_record(ctx, data, size)
        # Under a load that never lets a pass end, it is left from within; what is left then comes without a load.
        return -1 if stop.requested and time.monotonic() > give_up_s else mode.halt

    nap = None
    if batch.unsupported() is None and "batch" in readers_of(type(mode)):
        ring = Ring(program.map_fd("events"), program.options.ring_size_bytes or 0)
        channel = BatchReader(ring, take)
        nap = Pace(ring_capacity(ring.size_bytes), loops.NAP_NS)
    else:
        channel = CallbackReader(program, on_record)
    with callback_errors(mode, stop.request) as raised:
        loops.epoll(channel, mode, stop, loops.LoopCounts(), program.map_fd("events"), pace=nap)
        program.detach()
        give_up_s = time.monotonic() + DRAIN_DEADLINE_S
        while channel.consume() and not raised and time.monotonic() < give_up_s:
            pass
        mode.flush()
    if raised:
        raise raised[0]
    with RingPositions(program.map_fd("events")) as positions:
        if positions.unread_records:
            say(f"bench: {positions.unread_records:,} drops were seen and not consumed in time")


def _watch_table(program: Program, kit: Kit, chosen: _Choice, stop: StopSignal, *, as_json: bool) -> None:
    reader = SnapshotReader(program.map_fd("counts"), ENTRIES, lambda _keys, _counts: None)
    processes: dict[int, str] = {}
    live = sys.stdout.isatty() and not as_json
    with Live(auto_refresh=False) if live else nullcontext() as screen:
        while True:
            rows = _snapshot_rows(*reader.read(), kit, chosen, processes)
            if screen is not None:
                screen.update(_table(rows), refresh=True)
            if stop.requested:
                break
            select.select([stop], [], [], REFRESH_S)
    if not live:
        _print_rows(rows, as_json=as_json)


_Row = dict[str, str | int]


def _snapshot_rows(keys: Keys, counts: Counts, kit: Kit, chosen: _Choice, processes: dict[int, str]) -> list[_Row]:
    """Name what a snapshot holds; `processes` remembers the names of those that end meanwhile."""
    wanted = chosen.mask(keys)
    if wanted is not None:
        keys, counts = keys[wanted], counts[wanted]
    rows: list[_Row] = [
        {
            "reason": kit.reasons.name(reason),
            "function": kit.symbols.name(location),
            "pid": pid,
            "process": processes.get(pid) or processes.setdefault(pid, _process_name(pid)),
            "count": count,
        }
        for (location, pid, reason), count in zip(keys.tolist(), counts.tolist(), strict=True)
    ]
    return sorted(rows, key=lambda row: -int(row["count"]))


def _tally_rows(mode: Mode, kit: Kit) -> list[_Row]:
    rows: list[_Row] = [
        {"reason": kit.reasons.name(reason), "function": kit.symbols.name(location), "count": count}
        for (reason, location), count in mode.tally.items()
    ]
    return sorted(rows, key=lambda row: -int(row["count"]))


def _process_name(pid: int) -> str:
    """Name a process; one that has ended since has no name any more."""
    if pid == 0:
        return "(idle)"
    try:
        return os.fsdecode(Path(f"/proc/{pid}/comm").read_bytes().removesuffix(b"\n"))
    except OSError:
        return "(ended)"


def _print_rows(rows: list[_Row], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(json.dumps(row), flush=True)
    else:
        Console().print(_table(rows))


def _table(rows: Iterable[_Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    first = True
    for row in rows:
        if first:
            for name in row:
                table.add_column(name, justify="right" if name in ("count", "pid") else "left", no_wrap=True)
            first = False
        table.add_row(*(Text(f"{value:,}" if name == "count" else shown(value)) for name, value in row.items()))
    return table
