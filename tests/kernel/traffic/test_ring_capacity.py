"""With nobody reading, a ring takes exactly its capacity; every record more is one lost, whoever sends."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.readers.batch import BatchReader
from bpf.record import ring_capacity
from modes.null import Null
from modes.parts.mode import Kit
from tests.draining import drain
from traffic.discovery import load_kind
from traffic.offer import offer
from traffic.schedule import NS_PER_S
from traffic.senders import SenderName, open_sender, side_of
from traffic.testbed import Testbed

EXTRAS = [0, 1, 2, 300]


@pytest.fixture(scope="module")
def bed() -> Iterator[Testbed]:
    with Testbed() as testbed:
        yield testbed


@pytest.fixture(scope="module", params=[4096, 65536])
def loaded(bed: Testbed, request: pytest.FixtureRequest) -> Iterator[Program]:
    """A program that observes the testbed, once for each size of the ring."""
    with Program(LoadOptions(channel=RingChannel(size_bytes=request.param), tag=bed.tag)) as program:
        program.attach()
        yield program


@pytest.fixture
def program(loaded: Program) -> Iterator[Program]:
    """Its ring is empty and its counters are zero; nobody reads before the test is over."""
    loaded.counters.reset()
    yield loaded
    reader = BatchReader.open(loaded, Null(Kit()))
    drain(reader.consume)


def burst(bed: Testbed, frames: list[bytes], sender: SenderName, count: int) -> int:
    side = side_of(bed, sender)

    def send() -> int:
        with open_sender(sender, side.outlet, frames) as opened:
            start_ns = time.monotonic_ns()
            return offer(opened, None, start_ns=start_ns, duration_ns=20 * NS_PER_S, limit=count).sent

    return side.run(send)


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("sender", ["packet", "xdp"])
def test_a_burst_of_the_rings_capacity_loses_none_and_each_record_more_exactly_one(
    bed: Testbed, program: Program, sender: SenderName, extra: int
) -> None:
    ring_size_bytes = program.options.channel.size_bytes
    capacity = ring_capacity(ring_size_bytes)
    assert capacity == ring_size_bytes // 32 - 1
    with load_kind("udp-closed-port").installed(bed) as frames:
        assert burst(bed, frames, sender, capacity + extra) == capacity + extra
        counters = await_observed(program, capacity + extra)
    assert (counters.observed, counters.submitted, counters.reserve_failed) == (capacity + extra, capacity, extra)


def await_observed(program: Program, count: int):
    deadline = time.monotonic() + 2
    while (counters := program.counters.read()).observed < count and time.monotonic() < deadline:
        time.sleep(0.001)
    return counters
