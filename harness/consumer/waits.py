"""The ways to wait: when to look at the channel, to sleep, to stop. Nothing but consuming happens in between."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from bpf.channel import Channel
from bpf.pause import pause_ns, rate_after
from bpf.reader import reader_named
from bpf.readers.compiled import CompiledReader
from modes import Mode
from results.trial import Setting

_SHARE = 4
"""One pause may fill such a part of the ring: the rest is for a load that grows meanwhile and for a late timer."""

_BURST_NS = 250
"""A load may begin at any moment with one event every so many ns; a ring must outlast the pause even then."""

_WORTH_A_NAP = 2
"""Events that must be expected during a nap: fewer are cheaper to be woken for."""


class Pace:
    """Pauses for a ring that holds `capacity` records; none is longer than `longest_ns`, the latency budget."""

    def __init__(self, capacity: int, longest_ns: int) -> None:
        self.room = capacity / _SHARE
        self.longest_ns = min(longest_ns, capacity * _BURST_NS)
        self._rate = 0.0  # events per ns

    def is_fast(self, found: int, elapsed_ns: int) -> bool:
        """Tell whether, at the rate of the last pass, a nap would bring several events together."""
        return found * self.longest_ns >= _WORTH_A_NAP * elapsed_ns

    def pause_s(self, found: int, elapsed_ns: int, worked_ns: int) -> float:
        """Return how long to sleep after a pass that found so many events of the last `elapsed_ns`.

        The ring has been filling again for the `worked_ns` that the pass took, which the pause is shortened by.
        """
        self._rate = rate_after(self._rate, found, elapsed_ns)
        return pause_ns(self._rate, self.room, self.longest_ns, worked_ns) / 1e9


FLUSH_NS = 500_000_000
"""Modes are flushed at least this often, so that a watcher of the file sees what happened."""

NAP_NS = 500_000
"""The longest nap of an epoll consumer under load: half of the age, 1 ms, that few events may exceed."""

TAIL_TIMEOUT_S = 0.005
"""How long less than the bytes that wake a consumer may wait for it."""

_EPOLL_TIMEOUT_S = 0.1
_EMPTY_LOOKS = 100
_SHORTEST_SLEEP_S, _LONGEST_SLEEP_S = 20e-6, 1e-3
_now = time.monotonic_ns


class Consumes(Protocol):
    """A reader, or what stands before it: one pass over the channel, and how many events it was."""

    def consume(self) -> int: ...


class StopSignal:
    """Says when to leave the loop: at one of the signals. Its descriptor becomes readable then, so that epoll returns.

    Make it in the main thread. `received` is the first signal that came.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        self.requested = False
        self.received: signal.Signals | None = None
        self._read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end)
        for number in signals:
            signal.signal(number, self._receive)

    def fileno(self) -> int:
        return self._read_end

    def reset(self) -> None:
        """Forget a request, so that the next one is noticed."""
        self.requested = False
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_end, 1 << 12)

    def request(self) -> None:
        """Ask to stop without a signal; the descriptor stays as it is."""
        self.requested = True

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self.received = self.received or signal.Signals(number)


@dataclass(slots=True)
class LoopCounts:
    """What a loop saw; plain counts, added once a pass.

    `waits` are the returns from epoll_wait or from the sleep of a loop that does not use it, `naps` the sleeps between
    passes of one that does. `last_consumed_ns` is CLOCK_MONOTONIC, 0 for nothing yet.
    """

    passes: int = 0
    waits: int = 0
    naps: int = 0
    last_consumed_ns: int = 0


def epoll(
    reader: Consumes, mode: Mode, stop: StopSignal, counts: LoopCounts, fds: Sequence[int], *, pace: Pace | None = None
) -> None:
    """Sleep in epoll_wait, level-triggered, until the kernel notifies; look again before each sleep.

    A reader that releases records late can miss a notification (commit and release cross); the timeout bounds the wait.
    With `pace`, it naps after a pass while events come fast, instead of spinning on what came during the pass: as a
    network card's interrupt moderation does, and for the same reason.
    """
    with select.epoll() as waiter:
        events = _register(waiter, fds, stop, select.EPOLLIN)
        poll, sleep = waiter.poll, time.sleep
        look = _look(reader, mode, counts)
        began = _now()
        while not stop.requested:
            before, began = began, _now()
            found = look()
            if not found:
                poll(_EPOLL_TIMEOUT_S, events)
                counts.waits += 1
            elif pace is not None and pace.is_fast(found, began - before):
                sleep(pace.pause_s(found, began - before, _now() - began))
                counts.naps += 1


def notified(reader: Consumes, mode: Mode, stop: StopSignal, counts: LoopCounts, fds: Sequence[int]) -> None:
    """Sleep in epoll_wait, edge-triggered: one pass for each notification, for programs that choose when to send one.

    Level-triggered, epoll_wait returns for any record, wanted or not. What stays below the bytes that bring a
    notification waits for the timeout.
    """
    with select.epoll() as waiter:
        events = _register(waiter, fds, stop, select.EPOLLIN | select.EPOLLET)
        poll = waiter.poll
        look = _look(reader, mode, counts)
        while not stop.requested:
            poll(TAIL_TIMEOUT_S, events)
            counts.waits += 1
            look()


def _register(waiter: select.epoll, fds: Sequence[int], stop: StopSignal, when: int) -> int:
    """Wait for a channel's descriptors and the stop signal; return how many events there can be.

    (Python's default makes room for 1,023, 12 KiB allocated and freed at each wait.)
    """
    for fd in fds:
        waiter.register(fd, when)
    waiter.register(stop.fileno(), select.EPOLLIN)
    return len(fds) + 1


def busy(reader: Consumes, mode: Mode, stop: StopSignal, counts: LoopCounts) -> None:
    """Look at the ring without a pause."""
    look = _look(reader, mode, counts)
    while not stop.requested:
        look()


def backoff(reader: Consumes, mode: Mode, stop: StopSignal, counts: LoopCounts) -> None:
    """Look at the ring without a pause while records come; after many looks in vain sleep, twice as long each time."""
    look = _look(reader, mode, counts)
    sleep = time.sleep
    in_vain, pause = 0, _SHORTEST_SLEEP_S
    while not stop.requested:
        if look():
            in_vain, pause = 0, _SHORTEST_SLEEP_S
        elif in_vain < _EMPTY_LOOKS:
            in_vain += 1
        else:
            sleep(pause)
            counts.waits += 1
            pause = min(pause * 2, _LONGEST_SLEEP_S)


def paced(reader: Consumes, mode: Mode, stop: StopSignal, counts: LoopCounts, pace: Pace) -> None:
    """Sleep, then take all there is in one pass; needs no notification at all. `pace` chooses how long."""
    look = _look(reader, mode, counts)
    sleep = time.sleep
    began = _now()
    while not stop.requested:
        before, began = began, _now()
        found = look()
        sleep(pace.pause_s(found, began - before, _now() - began))
        counts.waits += 1


def paced_by_machine(reader: CompiledReader, mode: Mode, stop: StopSignal, counts: LoopCounts, pace: Pace) -> None:
    """Do as `paced` does, sleep and pass as machine code: Python comes back to flush, and for what a step refuses.

    What Python and its libraries touch between two sleeps has left the caches by then, and lies on some hundred pages:
    an empty pass took 58 us of CPU time in Python where a sleep alone takes 17 in C.
    """
    while not stop.requested:
        done = reader.pace(stop.fileno(), _now() + FLUSH_NS, room=pace.room, longest_ns=pace.longest_ns)
        counts.passes += done.passes
        counts.waits += done.passes
        counts.last_consumed_ns = done.last_ns or counts.last_consumed_ns
        mode.flush()


def interval(reader: Consumes, mode: Mode, stop: StopSignal, counts: LoopCounts, interval_ns: int) -> None:
    """Take a snapshot, then sleep for the interval, or until told to stop."""
    look = _look(reader, mode, counts)
    while not stop.requested:
        look()
        select.select([stop], [], [], interval_ns / 1e9)
        counts.waits += 1


def _look(reader: Consumes, mode: Mode, counts: LoopCounts) -> Callable[[], int]:
    """Return a function that makes one pass, keeps the books, and tells how many events there were."""
    consume, flush = reader.consume, mode.flush
    next_flush = _now() + FLUSH_NS

    def look() -> int:
        nonlocal next_flush
        counts.passes += 1
        found = consume()
        now = _now()
        if found:
            counts.last_consumed_ns = now
        if now >= next_flush:
            flush()
            next_flush = now + FLUSH_NS
        return found

    return look


def consume_until_told(  # noqa: PLR0917 - what a loop needs
    setting: Setting,
    reader: Consumes,
    mode: Mode,
    stop: StopSignal,
    counts: LoopCounts,
    channel: Channel,
    fds: Sequence[int],
) -> None:
    """Wait and consume as the setting says, until told to stop; the channel notifies by `fds`."""
    if setting.wait == "interval":
        interval(reader, mode, stop, counts, setting.interval_ns or 0)
    elif setting.wait == "epoll" and not (setting.wakeup == "adaptive" and channel.stays_ready):
        notified(reader, mode, stop, counts, fds)
    elif setting.wait == "epoll":
        # A reader that takes what comes while it works naps no more than others' do.
        bounded = setting.reader is not None and reader_named(setting.reader).bounded
        epoll(reader, mode, stop, counts, fds, pace=Pace(channel.capacity, NAP_NS) if bounded else None)
    elif setting.wait == "busy":
        busy(reader, mode, stop, counts)
    elif setting.wait == "backoff":
        backoff(reader, mode, stop, counts)
    else:
        pace = Pace(channel.capacity, setting.interval_ns or 0)
        # A mode that writes puts what it has after each pass; and ages are told after each.
        if isinstance(reader, CompiledReader) and mode.writes is None and not reader.tells_stamps:
            paced_by_machine(reader, mode, stop, counts, pace)
        else:
            paced(reader, mode, stop, counts, pace)
