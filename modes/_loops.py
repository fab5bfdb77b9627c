"""The ways to wait: when to look at the ring, and when to sleep. Nothing but consuming happens in between."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from modes._mode import Mode

FLUSH_NS = 500_000_000
"""Modes are flushed at least this often, so that a watcher of the file sees what happened."""

_EPOLL_TIMEOUT_S = 0.1
# The ring and the stop signal. Python's default makes room for 1,023 events, 12 KiB allocated and freed at each wait.
_EPOLL_EVENTS = 2
_now = time.monotonic_ns


class Channel(Protocol):
    """A reader: hands what there is to the mode, in one pass, and says how many events it was."""

    def consume(self) -> int: ...


class Stop(Protocol):
    """Says when to leave the loop; its descriptor becomes readable then."""

    requested: bool

    def fileno(self) -> int: ...


@dataclass(slots=True)
class LoopCounts:
    """What a loop saw; plain counts, added once a pass. `last_consumed_ns` is CLOCK_MONOTONIC, 0 for nothing yet."""

    passes: int = 0
    waits: int = 0
    last_consumed_ns: int = 0


def epoll(channel: Channel, mode: Mode, stop: Stop, counts: LoopCounts, ring_fd: int) -> None:
    """Sleep in epoll_wait, level-triggered, until the kernel notifies; look again before each sleep.

    A reader that releases records late can miss a notification (commit and release cross); the timeout bounds the wait.
    """
    with select.epoll() as waiter:
        waiter.register(ring_fd, select.EPOLLIN)
        waiter.register(stop.fileno(), select.EPOLLIN)
        poll = waiter.poll
        look = _look(channel, mode, counts)
        while not stop.requested:
            if not look():
                poll(_EPOLL_TIMEOUT_S, _EPOLL_EVENTS)
                counts.waits += 1


def busy(channel: Channel, mode: Mode, stop: Stop, counts: LoopCounts) -> None:
    """Look at the ring without a pause."""
    look = _look(channel, mode, counts)
    while not stop.requested:
        look()


def paced(channel: Channel, mode: Mode, stop: Stop, counts: LoopCounts, interval_ns: int) -> None:
    """Sleep for an interval, then take all there is in one pass; needs no notification at all."""
    look = _look(channel, mode, counts)
    pause = interval_ns / 1e9
    sleep = time.sleep
    while not stop.requested:
        look()
        sleep(pause)
        counts.waits += 1


def _look(channel: Channel, mode: Mode, counts: LoopCounts) -> Callable[[], bool]:
    """Return a function that makes one pass, keeps the books, and tells whether anything was there."""
    consume, flush = channel.consume, mode.flush
    next_flush = _now() + FLUSH_NS

    def look() -> bool:
        nonlocal next_flush
        counts.passes += 1
        found = consume()
        now = _now()
        if found:
            counts.last_consumed_ns = now
        if now >= next_flush:
            flush()
            next_flush = now + FLUSH_NS
        return found > 0

    return look
