"""The ways to wait, on the kernel's own ring, with records that are emitted while they wait."""

from __future__ import annotations

import os
import select
import statistics
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.record import Samples, ring_capacity
from bpf.ring import Ring
from bpf.ring_runs import RingRuns
from bpf.synthetic import Emitter
from harness.consumer import waits as loops
from harness.consumer.waits import Pace
from modes import Kit
from modes.null import Null
from tests.kernel.bench import PATIENCE
from tests.timing import asserts_ratio

RING = 1 << 16


class StopWhen:
    """Ends a loop: a flag, and a descriptor that becomes readable."""

    def __init__(self) -> None:
        self.requested = False
        self._read_end, self._write_end = os.pipe()

    def fileno(self) -> int:
        return self._read_end

    def request(self) -> None:
        self.requested = True
        os.write(self._write_end, b".")


Loop = Callable[[RingRuns, Null, StopWhen, loops.LoopCounts, Sequence[int]], None]

LOOPS: dict[str, tuple[str, Loop]] = {
    "epoll": ("adaptive", loops.epoll),
    "epoll with naps": (
        "adaptive",
        lambda c, m, s, n, fds: loops.epoll(c, m, s, n, fds, pace=Pace(ring_capacity(RING), loops.NAP_NS)),
    ),
    "notified of 8 KiB": ("8192", loops.notified),
    "notified of each": ("force", loops.notified),
    "busy": ("none", lambda c, m, s, n, _fds: loops.busy(c, m, s, n)),
    "backoff": ("none", lambda c, m, s, n, _fds: loops.backoff(c, m, s, n)),
    "paced": ("none", lambda c, m, s, n, _fds: loops.paced(c, m, s, n, Pace(ring_capacity(RING), 2_000_000))),
}


def consume_while(wakeup: str, loop: Loop, emit: Callable[[Emitter, Null], None]) -> tuple[Null, loops.LoopCounts]:
    """Run a loop in a thread while `emit` puts records in."""
    with Program(LoadOptions(channel=RingChannel(size_bytes=RING, wakeup=wakeup), synthetic=True)) as program:
        mode, counts, stop = Null(Kit()), loops.LoopCounts(), StopWhen()
        reader = RingRuns(Ring(program.map_fd("events"), RING), mode.take)
        thread = threading.Thread(target=loop, args=(reader, mode, stop, counts, program.carriers))
        plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
        source = Emitter(program.emit_fd, plan, in_turn, [(1, 2, 3)])
        thread.start()
        try:
            emit(source, mode)
        finally:
            stop.request()
            thread.join()
        return mode, counts


def wait_for(mode: Null, count: int) -> None:
    deadline = time.monotonic() + 10 * PATIENCE
    while mode.consumed < count and time.monotonic() < deadline:
        time.sleep(0.001)
    assert mode.consumed == count


def trickle(source: Emitter, _mode: Null) -> None:
    """Emit a few records at a time, without a pause that a consumer could call quiet."""
    end = time.monotonic() + 0.3 * PATIENCE
    while time.monotonic() < end:
        source.emit(5)
        time.sleep(0.00002)


@pytest.mark.parametrize("name", LOOPS)
def test_all_that_comes_is_consumed_without_being_told_to_stop(name: str) -> None:
    """Single records and full rings, with pauses in between, each consumed before the next comes."""

    def emit(source: Emitter, mode: Null) -> None:
        emitted = 0
        for count in (1, 1, 1000, 3, 2047, 1, 2000, 1):
            source.emit(count)
            emitted += count
            wait_for(mode, emitted)
            time.sleep(0.003)

    wakeup, loop = LOOPS[name]
    consume_while(wakeup, loop, emit)


@asserts_ratio("half of the tails come within half of the timeout that a loop without one would have")
def test_a_tail_below_the_bytes_of_a_wakeup_does_not_wait_for_more() -> None:
    """One record of 8 KiB that would wake: the timeout brings it within a few of its lengths, not after 100 ms."""
    ages: list[float] = []

    def emit(source: Emitter, mode: Null) -> None:
        for number in range(1, 8):
            began = time.monotonic()
            source.emit(1)
            wait_for(mode, number)
            ages.append(time.monotonic() - began)

    consume_while("8192", loops.notified, emit)
    assert statistics.median(ages) < 0.05


@pytest.mark.parametrize(
    ("wakeup", "quiet"), [(1, 0), (32, 0), (33, 1), (4 * 32, 3), (ring_capacity(RING) * 32, ring_capacity(RING) - 1)]
)
def test_a_wakeup_comes_with_the_record_that_makes_up_the_bytes(wakeup: int, quiet: int) -> None:
    """Bytes that wait count that record too; as many as the ring holds are the most that can be asked for."""
    with (
        Program(LoadOptions(channel=RingChannel(size_bytes=RING, wakeup=wakeup), synthetic=True)) as program,
        select.epoll() as waiter,
    ):
        plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
        source = Emitter(program.emit_fd, plan, in_turn, [(1, 2, 3)])
        waiter.register(program.map_fd("events"), select.EPOLLIN | select.EPOLLET)
        source.emit(quiet)
        assert waiter.poll(0.05) == []
        source.emit(1)
        assert waiter.poll(5) != []


@asserts_ratio("waits are few against records")
def test_notifications_of_bytes_come_rarely() -> None:
    """Thousands of records are taken in as many passes as there were notifications and timeouts."""
    _mode, counts = consume_while("8192", loops.notified, trickle)
    assert counts.waits < 300 * PATIENCE  # one each 8 KiB, and at most one every 5 ms beside them


@asserts_ratio("passes are few against the time")
def test_naps_take_the_place_of_spinning() -> None:
    """Records that keep coming are taken together after naps; without, the consumer never sleeps."""

    wakeup, loop = LOOPS["epoll with naps"]
    _mode, counts = consume_while(wakeup, loop, trickle)
    assert counts.naps > 20 / PATIENCE  # to emit takes an emulated processor longer than a nap
    assert counts.passes < 1500 * PATIENCE  # each nap is half a millisecond


@asserts_ratio("the second pass follows long before the loop is told to stop")
def test_a_late_taker_finds_the_ring_as_full_as_the_kernel_says() -> None:
    """What came while the mode worked is there in the next pass: nothing depends on another notification."""
    seen: list[int] = []
    with Program(LoadOptions(channel=RingChannel(size_bytes=RING, wakeup="adaptive"), synthetic=True)) as program:
        plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
        source = Emitter(program.emit_fd, plan, in_turn, [(1, 2, 3)])

        def take(samples: Samples) -> None:
            if not seen:
                source.emit(7)  # commits while the reader has not released: no notification is sent
            seen.append(len(samples))
            if sum(seen) == 12:
                stop.request()

        stop = StopWhen()
        source.emit(5)
        reader = RingRuns(Ring(program.map_fd("events"), RING), take)
        too_late = threading.Timer(5, stop.request)
        too_late.start()
        began = time.monotonic()
        loops.epoll(reader, Null(Kit()), stop, loops.LoopCounts(), program.carriers)
        too_late.cancel()
        assert seen == [5, 7]
        assert time.monotonic() - began < 4


@asserts_ratio("waits are few against the time")
def test_what_stays_below_the_bytes_of_a_wakeup_is_left_until_the_timeout() -> None:
    """A record that comes while the mode works brings no notification of 8 KiB, and must not be taken for one."""
    stop, counts = StopWhen(), loops.LoopCounts()
    with Program(LoadOptions(channel=RingChannel(size_bytes=RING, wakeup="8192"), synthetic=True)) as program:
        plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
        source = Emitter(program.emit_fd, plan, in_turn, [(1, 2, 3)])
        source.emit(1)
        reader = RingRuns(Ring(program.map_fd("events"), RING), lambda _samples: source.emit(1))
        end = threading.Timer(0.5, stop.request)
        end.start()
        loops.notified(reader, Null(Kit()), stop, counts, program.carriers)
    assert 0 < counts.waits < 500  # about a hundred timeouts; as many as fit, where each record counts
