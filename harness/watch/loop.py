"""Consume the machine's drops until told to stop: event by event for a mode, or as snapshots of what was counted."""

import select
import time
from collections.abc import Iterator

from bpf.channel import RecordChannel
from bpf.channels.map import MapChannel
from bpf.program import Program
from bpf.reader import default_reader, reader_named
from bpf.readers.snapshot import SnapshotReader
from harness.consumer.mode_errors import callback_errors, whole
from harness.consumer.waits import NAP_NS, LoopCounts, Pace, StopSignal, epoll, notified, paced
from harness.messages import DRAIN_DEADLINE_S
from harness.plan import DEFAULT_INTERVAL_NS
from harness.watch.choice import Choice, Wanted
from harness.watch.rows import Row, snapshot_rows
from modes import Kit, Mode, readers_of

REFRESH_S = 0.5


def watch_events(program: Program, mode: Mode, choice: Choice, stop: StopSignal) -> int:
    """Consume until told to stop, and what is left then, while the deadline lasts; return how many events remain.

    Raises what the mode raises.
    """
    channel = program.options.channel
    assert isinstance(channel, RecordChannel)
    wanted = Wanted(mode, choice, stop)
    name = default_reader([name for name in channel.readers if name in readers_of(type(mode))])
    reader = reader_named(name).open(program, wanted)
    nap = Pace(channel.capacity, NAP_NS) if reader.bounded else None
    with callback_errors(mode, stop.request) as raised:
        if not channel.wakes:
            paced(reader, mode, stop, LoopCounts(), Pace(channel.capacity, DEFAULT_INTERVAL_NS))
        elif channel.stays_ready:
            epoll(reader, mode, stop, LoopCounts(), program.carriers, pace=nap)
        else:
            notified(reader, mode, stop, LoopCounts(), program.carriers)
        program.detach()
        wanted.give_up_s = time.monotonic() + DRAIN_DEADLINE_S
        while reader.consume() and not raised and time.monotonic() < wanted.give_up_s:
            pass
        mode.flush()
    if raised:
        raise raised[0]
    whole(mode.consumed)
    return reader.unread(0)


def watch_counts(program: Program, kit: Kit, choice: Choice, stop: StopSignal) -> Iterator[list[Row]]:
    """Yield what was counted since the start, again and again, the last time when told to stop."""
    channel = program.options.channel
    assert isinstance(channel, MapChannel)
    reader = SnapshotReader(program.channel_fd, channel.entries, lambda _keys, _counts: None)
    processes: dict[int, str] = {}
    while True:
        keys, counts = reader.read()
        wanted = choice.mask(keys)
        if wanted is not None:
            keys, counts = keys[wanted], counts[wanted]
        yield snapshot_rows(keys, counts, kit, processes)
        if stop.requested:
            return
        select.select([stop], [], [], REFRESH_S)
