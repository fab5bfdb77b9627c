"""The readers on the kernel's own ring: what was emitted is what is read, to the byte."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.readers.callback import CallbackReader
from bpf.record import Samples, ring_capacity
from bpf.ring import Ring
from bpf.ring_runs import RingRuns
from bpf.synthetic import Emitter
from modes.file import File
from modes.parts.mode import Kit

KEYS = [(0xFFFFFFFF81000000 + n * 64, n % 5, 2 + n % 11) for n in range(37)]


def emitter(program: Program) -> Emitter:
    plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
    return Emitter(program.emit_fd, plan, in_turn, KEYS)


@pytest.fixture(params=[4096, 65536, 1 << 20], ids=["one page", "64 KiB", "1 MiB"])
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    with Program(LoadOptions(channel=RingChannel(size_bytes=request.param, wakeup="none"), synthetic=True)) as loaded:
        yield loaded


def causes(samples: Samples) -> list[tuple[int, int, int]]:
    columns = (samples[name].tolist() for name in ("location", "pid", "reason"))
    return list(zip(*columns, strict=True))


def test_every_record_comes_once_in_order_around_the_end(program: Program) -> None:
    """The ring is filled to several levels many times over: contents, order and checksum are what went in."""
    assert isinstance(program.options.channel, RingChannel)
    size = program.options.channel.size_bytes
    capacity = ring_capacity(size)
    read: list[tuple[int, int, int]] = []
    times: list[int] = []

    def take(samples: Samples) -> None:
        read.extend(causes(samples))
        times.extend(samples["timestamp"].tolist())

    reader = RingRuns(Ring(program.map_fd("events"), size), take)
    source = emitter(program)
    emitted = 0
    for count in (1, 2, capacity - 1, capacity, 3, capacity // 2, capacity, capacity, 1):
        source.emit(count)
        assert reader.consume() == count
        emitted += count
    assert read == [KEYS[number % len(KEYS)] for number in range(emitted)]
    assert times == sorted(times)
    counters = program.counters.read()
    assert (counters.submitted, counters.reserve_failed) == (emitted, 0)
    assert reader.checksum % 2**64 == counters.checksum


def test_a_full_ring_refuses_and_loses_nothing_that_it_took(program: Program) -> None:
    """What does not fit is counted by the program as reserve_failed; what did is all there."""
    assert isinstance(program.options.channel, RingChannel)
    size = program.options.channel.size_bytes
    emitter(program).emit(ring_capacity(size) + 100)
    reader = RingRuns(Ring(program.map_fd("events"), size), lambda _samples: None)
    assert reader.consume() == ring_capacity(size)
    counters = program.counters.read()
    assert (counters.submitted, counters.reserve_failed) == (ring_capacity(size), 100)
    assert reader.checksum % 2**64 == counters.checksum


@pytest.mark.parametrize("form", ["text", "json", "raw"])
def test_both_readers_write_the_same_bytes(tmp_path: Path, form: str) -> None:
    """The file that the batch reader leaves is the callback's, byte for byte."""
    written = {}
    with Program(LoadOptions(channel=RingChannel(size_bytes=1 << 20, wakeup="none"), synthetic=True)) as program:
        emitter(program).emit(20_000)
        ring = Ring(program.map_fd("events"), 1 << 20)
        for reader in ("batch", "callback"):
            path = tmp_path / reader
            kit = Kit(format=form, output=os.open(path, os.O_WRONLY | os.O_CREAT), realtime_offset_ns=10**18)
            mode = File(kit)
            if reader == "batch":
                RingRuns(ring, mode.take).consume()
                ring.consumer[0] = 0  # once more, from the beginning
            else:
                CallbackReader.open(program, mode).consume()
            mode.flush()
            assert mode.consumed == 20_000
            written[reader] = path.read_bytes()
    assert written["batch"] == written["callback"]
    assert len(written["batch"]) > 20_000 * 32


@pytest.mark.slow
def test_the_largest_ring_is_read_to_the_last_record() -> None:
    """A ring of 1 GiB, filled: positions and places beyond 2**29."""
    size = 1 << 30
    with Program(LoadOptions(channel=RingChannel(size_bytes=size, wakeup="none"), synthetic=True)) as program:
        source = emitter(program)
        seen = np.zeros(2**10, np.int64)

        def take(samples: Samples) -> None:
            seen[:16] += np.bincount(samples["reason"], minlength=16)

        reader = RingRuns(Ring(program.map_fd("events"), size), take)
        for _ in range(2):  # the second time from the last place on
            source.emit(ring_capacity(size))
            assert reader.consume() == ring_capacity(size)
        counters = program.counters.read()
        assert reader.checksum % 2**64 == counters.checksum
        expected = np.bincount([reason for _, _, reason in KEYS], minlength=16) * (2 * ring_capacity(size) // len(KEYS))
        assert np.abs(seen[:16] - expected).max() <= len(KEYS)
