"""With nobody reading, a ring takes exactly its capacity; every record more is one lost, whoever sends."""

from __future__ import annotations

import time

import pytest

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.record import ring_capacity
from traffic.discovery import load_kind
from traffic.offer import offer
from traffic.schedule import NS_PER_S
from traffic.senders import SenderName, open_sender, side_of
from traffic.testbed import Testbed

EXTRAS = [0, 1, 2, 300]


def burst(bed: Testbed, frames: list[bytes], sender: SenderName, count: int) -> int:
    side = side_of(bed, sender)

    def send() -> int:
        with open_sender(sender, side.outlet, frames) as opened:
            start_ns = time.monotonic_ns()
            return offer(opened, None, start_ns=start_ns, duration_ns=20 * NS_PER_S, limit=count).sent

    return side.run(send)


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("sender", ["packet", "xdp"])
@pytest.mark.parametrize("ring_size_bytes", [4096, 65536])
def test_a_burst_of_the_rings_capacity_loses_none_and_each_record_more_exactly_one(
    bed: Testbed, ring_size_bytes: int, sender: SenderName, extra: int
) -> None:
    capacity = ring_capacity(ring_size_bytes)
    assert capacity == ring_size_bytes // 32 - 1
    with (
        load_kind("udp-closed-port").installed(bed) as frames,
        Program(LoadOptions(channel=RingChannel(size_bytes=ring_size_bytes), tag=bed.tag)) as program,
    ):
        program.attach()
        assert burst(bed, frames, sender, capacity + extra) == capacity + extra
        counters = await_observed(program, capacity + extra)
    assert (counters.observed, counters.submitted, counters.reserve_failed) == (capacity + extra, capacity, extra)


def await_observed(program: Program, count: int):
    deadline = time.monotonic() + 2
    while (counters := program.counters.read()).observed < count and time.monotonic() < deadline:
        time.sleep(0.001)
    return counters
