"""Offer a load: send frames when they are due, and state what was really sent and how late.

Imports nothing heavy: it runs in a fresh process whose start is part of a trial's overhead.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from traffic.schedule import NS_PER_S, Schedule

# Sleep until so long before a frame is due, then spin: on a virtual machine a sleeper wakes some 60 to 150 us late.
SPIN_NS = 200_000
# One that does not spin sends what has come due after so long.
BURST_NS = 1_000_000
# Sleep no longer than this, so that a request to stop is noticed.
LONGEST_SLEEP_NS = 20_000_000
# A generator that was interrupted at the very end of a trial may still send what was due.
GRACE_NS = 20_000_000
# Lateness is counted in steps of 256 ns, up to 67 ms; the greatest is kept exactly.
LATENESS_SHIFT = 8
LATENESS_STEPS = 1 << 18


class Sender(Protocol):
    """Takes frames from a fixed list in turn, round and round."""

    refused: int
    max_burst: int

    def send(self, count: int) -> int:
        """Send up to `count` frames; return how many were tried, refused ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a generator really did.

    sent            frames handed to the kernel, those it refused included
    refused         of these, the frames that an egress hook dropped (ENOBUFS)
    unsent          frames that were due and never sent: the generator could not keep up, or was stopped
    first_ns        CLOCK_MONOTONIC before the first frame; None: nothing was sent
    last_ns         CLOCK_MONOTONIC after the last frame
    bursts          calls of the sender that sent
    largest_burst   frames in the largest of them
    lateness_*_ns   how long after it was due a burst's first frame was handed over, by frames; None: closed loop
    """

    sent: int
    refused: int
    unsent: int
    first_ns: int | None
    last_ns: int | None
    bursts: int
    largest_burst: int
    lateness_p50_ns: int | None
    lateness_p99_ns: int | None
    lateness_max_ns: int | None

    @property
    def rate(self) -> float | None:
        """Frames per second really sent."""
        if self.first_ns is None or self.last_ns is None or self.last_ns <= self.first_ns:
            return None
        return self.sent * NS_PER_S / (self.last_ns - self.first_ns)


def offer(
    sender: Sender,
    schedule: Schedule | None,
    *,
    start_ns: int,
    duration_ns: int,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    spins: bool = True,
) -> Offered:
    """Send for `duration_ns` from `start_ns` (CLOCK_MONOTONIC) on, at most `limit` frames; no schedule: at full speed.

    Ends early, between two bursts, when `stop` says so. Who does not spin leaves the CPU to others between bursts.
    """
    now, send, largest = time.monotonic_ns, sender.send, sender.max_burst
    refused_before = sender.refused
    most = limit if limit is not None else 1 << 62
    total = most if schedule is None else min(most, schedule.due_before(duration_ns))
    end_ns = start_ns + duration_ns + (0 if schedule is None else GRACE_NS)
    lateness = [] if schedule is None else [0] * LATENESS_STEPS
    latest_ns = sent = bursts = largest_burst = 0
    first_ns = last_ns = None

    while sent < total and not stop():
        at_ns = now()
        if at_ns >= end_ns:
            break
        if at_ns < start_ns:
            due, due_ns = 0, start_ns
        elif schedule is None:
            due, due_ns = most, start_ns
        else:
            due = min(total, schedule.due_before(at_ns - start_ns))
            due_ns = start_ns + schedule.due_ns(sent)
        if due <= sent:
            spare_ns = min(due_ns - at_ns, LONGEST_SLEEP_NS) - SPIN_NS
            if spare_ns > 0:
                time.sleep(spare_ns / NS_PER_S)
            elif not spins:
                time.sleep(BURST_NS / NS_PER_S)
            continue
        tried = send(min(due - sent, largest))
        if not tried:
            continue
        if first_ns is None:
            first_ns = at_ns
        last_ns = now()
        sent += tried
        bursts += 1
        largest_burst = max(largest_burst, tried)
        if schedule is not None:
            late_ns = max(0, at_ns - due_ns)
            lateness[min(late_ns >> LATENESS_SHIFT, LATENESS_STEPS - 1)] += tried
            latest_ns = max(latest_ns, late_ns)

    open_loop = schedule is not None and sent > 0
    return Offered(
        sent=sent,
        refused=sender.refused - refused_before,
        unsent=0 if schedule is None and limit is None else total - sent,
        first_ns=first_ns,
        last_ns=last_ns,
        bursts=bursts,
        largest_burst=largest_burst,
        lateness_p50_ns=_quantile(lateness, sent, 0.50, latest_ns) if open_loop else None,
        lateness_p99_ns=_quantile(lateness, sent, 0.99, latest_ns) if open_loop else None,
        lateness_max_ns=latest_ns if open_loop else None,
    )


def _quantile(steps: list[int], total: int, quantile: float, greatest_ns: int) -> int:
    """Return the upper edge of the step that holds the quantile, or the greatest value if that is less."""
    cumulative = enumerate(itertools.accumulate(steps))
    step = next(step for step, seen in cumulative if seen >= total * quantile)
    if step == LATENESS_STEPS - 1:  # the last step is open: whatever was later than its lower edge
        return greatest_ns
    return min((step + 1) << LATENESS_SHIFT, greatest_ns)
