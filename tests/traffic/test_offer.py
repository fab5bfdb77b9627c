from __future__ import annotations

import subprocess
import sys
import time

import pytest

from traffic.offer import Offered, offer
from traffic.schedule import NS_PER_MS, NS_PER_S, make_schedule

# However long a machine leaves this process without a CPU.
LONG_NS = 60 * NS_PER_S


class Wire:
    """A sender whose device needs `ns_per_frame`, and drops each `refuses`-th frame on its way out."""

    def __init__(self, ns_per_frame: int = 0, refuses: int = 0, max_burst: int = 64) -> None:
        self.refused = 0
        self.max_burst = max_burst
        self.sent = 0
        self._ns_per_frame = ns_per_frame
        self._refuses = refuses

    def send(self, count: int) -> int:
        free_ns = time.monotonic_ns() + count * self._ns_per_frame
        while time.monotonic_ns() < free_ns:
            pass
        for _ in range(count):
            self.sent += 1
            if self._refuses and self.sent % self._refuses == 0:
                self.refused += 1
        return count


def offer_rate(wire: Wire, rate: float, duration_ns: int = 200 * NS_PER_MS) -> Offered:
    schedule = make_schedule(rate, duration_ns)
    return offer(wire, schedule, start_ns=time.monotonic_ns(), duration_ns=duration_ns)


def test_every_frame_of_the_schedule_is_sent_and_none_else() -> None:
    wire = Wire()
    offered = offer_rate(wire, 10_000)
    # A busy machine may leave some of the last unsent; none is sent twice or forgotten.
    assert offered.sent + offered.unsent == 2000
    assert offered.sent == wire.sent > 0
    assert offered.bursts <= 2000
    assert offered.last_ns > offered.first_ns


def test_no_frame_is_sent_before_it_is_due() -> None:
    start_ns = time.monotonic_ns() + 30 * NS_PER_MS
    offered = offer(Wire(), make_schedule(100, LONG_NS), start_ns=start_ns, duration_ns=LONG_NS, limit=10)
    assert offered.sent == 10
    assert offered.first_ns >= start_ns
    assert offered.last_ns >= start_ns + 90 * NS_PER_MS


def test_full_speed_waits_for_its_start_too() -> None:
    start_ns = time.monotonic_ns() + 30 * NS_PER_MS
    offered = offer(Wire(), None, start_ns=start_ns, duration_ns=LONG_NS, limit=10)
    assert offered.first_ns is not None
    assert offered.first_ns >= start_ns


def test_a_device_that_is_too_slow_leaves_frames_unsent_and_says_how_late_it_was() -> None:
    offered = offer_rate(Wire(ns_per_frame=100_000), 100_000)
    assert offered.sent + offered.unsent == 20_000
    assert offered.unsent > 10_000
    assert offered.lateness_max_ns > 50 * NS_PER_MS
    assert offered.lateness_p50_ns <= offered.lateness_max_ns


def test_the_burst_is_never_above_the_senders_largest() -> None:
    assert offer_rate(Wire(ns_per_frame=50_000, max_burst=7), 100_000).largest_burst == 7


def test_refused_frames_are_counted_apart_and_as_sent() -> None:
    offered = offer_rate(Wire(refuses=10), 10_000)
    assert offered.refused == offered.sent // 10 > 0


def test_what_a_sender_refused_before_is_not_this_offers() -> None:
    wire = Wire(refuses=10)
    offer_rate(wire, 10_000)
    before = wire.sent
    assert offer_rate(wire, 10_000).refused == wire.sent // 10 - before // 10 > 0


def test_as_fast_as_it_goes_is_a_closed_loop_without_lateness() -> None:
    offered = offer(Wire(), None, start_ns=time.monotonic_ns(), duration_ns=LONG_NS, limit=1000)
    assert (offered.sent, offered.unsent, offered.lateness_p50_ns) == (1000, 0, None)


def test_a_stop_ends_it_between_two_bursts_and_the_rest_is_unsent() -> None:
    wire = Wire()
    schedule = make_schedule(1000, NS_PER_S)
    offered = offer(wire, schedule, start_ns=time.monotonic_ns(), duration_ns=NS_PER_S, stop=lambda: wire.sent >= 100)
    assert offered.sent < 200
    assert offered.sent + offered.unsent == 1000


def test_a_stop_is_noticed_while_nothing_is_due() -> None:
    began = time.monotonic()
    schedule = make_schedule(0.01, 100 * NS_PER_S)
    offered = offer(
        Wire(),
        schedule,
        start_ns=time.monotonic_ns() + 50 * NS_PER_S,
        duration_ns=100 * NS_PER_S,
        stop=lambda: time.monotonic() > began + 0.05,
    )
    assert offered.sent == 0
    assert time.monotonic() < began + 5


@pytest.mark.parametrize("module", ["traffic.offer", "traffic.senders.packet", "traffic.schedule"])
def test_a_generator_process_starts_without_heavy_imports(module: str) -> None:
    code = f"import sys, {module}; print(sorted(m for m in ('scapy', 'pyroute2', 'numpy') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
