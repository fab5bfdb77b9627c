"""When an event counts as consumed, and how old it is then, for every way in which a mode can count."""

from __future__ import annotations

import ctypes
import time

import numpy as np
import pytest

from bpf.record import RECORD, Samples
from harness.probes.age import AgeProbe, ages_among_offered
from modes import Kit, Mode

SECOND = 1_000_000_000
KIT = Kit(realtime_offset_ns=0)


class AtOnce(Mode):
    """Consumes what it is given before it returns."""

    def take(self, samples: Samples) -> None:
        self.consumed += len(samples)

    def on_record(self, _ctx: int, _data: int, _size: int) -> int:
        self.consumed += 1
        return self.halt


class Buffered(Mode):
    """Consumes by tens, and the rest when it is flushed, as a writer does."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.taken = 0

    def take(self, samples: Samples) -> None:
        self.taken += len(samples)
        self.consumed = self.taken // 10 * 10

    def on_record(self, _ctx: int, _data: int, _size: int) -> int:
        self.taken += 1
        self.consumed = self.taken // 10 * 10
        return self.halt

    def flush(self) -> None:
        self.consumed = self.taken


class Lagging(Mode):
    """Always one event behind: finishes each when the next one comes."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.taken = 0

    def take(self, samples: Samples) -> None:
        self.taken += len(samples)
        self.consumed = self.taken - 1

    def on_record(self, _ctx: int, _data: int, _size: int) -> int:
        self.taken += 1
        self.consumed = self.taken - 1
        return self.halt


def samples_aged(*ages_s: float) -> Samples:
    made = np.zeros(len(ages_s), RECORD)
    made["timestamp"] = [time.monotonic_ns() - round(age * SECOND) for age in ages_s]
    return made


def hand(mode: Mode, reader: str, samples: Samples) -> None:
    """Hand samples to a mode as its reader does."""
    if reader == "batch":
        mode.take(samples)
        return
    for sample in samples:
        held = ctypes.create_string_buffer(sample.tobytes()[8:])
        assert mode.on_record(0, ctypes.addressof(held), 24) == 0


def ages_s(probe: AgeProbe) -> list[int]:
    """Return the ages that a probe found, in rising order, in whole seconds: a busy machine adds some of its own."""
    rows = probe.stop(0).series["age_histogram"]
    return [int(upper / SECOND) for upper, count in rows for _ in range(count)]


@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_an_event_is_as_old_as_when_it_was_consumed(reader: str) -> None:
    """Ages of 1, 2 and 3 seconds, found as such."""
    mode = AtOnce(KIT)
    probe = AgeProbe(mode, reader)
    hand(mode, reader, samples_aged(3, 2, 1))
    assert ages_s(probe) == [1, 2, 3]


@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_a_buffered_event_grows_older_until_it_is_flushed(reader: str) -> None:
    """Thirteen events: ten are consumed at once, three only when the buffer is flushed 0.3 s later, oldest first."""
    mode = Buffered(KIT)
    probe = AgeProbe(mode, reader)
    began = time.monotonic()
    hand(mode, reader, samples_aged(*[9.0] * 10, *[1.0] * 3))
    time.sleep(0.3)
    mode.flush()
    flushed_after = time.monotonic() - began
    time.sleep(0.3)  # what comes after is nothing to them
    found = dict(probe.stop(13).series["age_histogram"])
    youngest = min(found) / SECOND
    assert 1.3 <= youngest < (1 + flushed_after) * 1.01
    assert sum(count for age, count in found.items() if age < 5 * SECOND) == 3
    assert sum(count for age, count in found.items() if age > 5 * SECOND) == 10


@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_events_are_consumed_in_the_order_in_which_they_came(reader: str) -> None:
    """Of five events, handed over one by one to a mode that is one behind, the youngest is the one without an age."""
    mode = Lagging(KIT)
    probe = AgeProbe(mode, reader)
    for age in (5, 4, 3, 2, 1):
        hand(mode, reader, samples_aged(age))
    assert ages_s(probe) == [2, 3, 4, 5]


@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_an_event_that_was_never_consumed_has_no_age(reader: str) -> None:
    """Four events in a buffer that nobody flushes: no ages, and the reason."""
    mode = Buffered(KIT)
    probe = AgeProbe(mode, reader)
    hand(mode, reader, samples_aged(1, 1, 1, 1))
    found = probe.stop(0)
    assert "age_p50_ns" not in found.metrics
    assert found.absent["age_p50_ns"] == "no event was consumed"


@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_counts_each_of_very_many_events(reader: str) -> None:
    """More than are gathered at a time, in uneven batches, from a mode that buffers."""
    mode = Buffered(KIT)
    probe = AgeProbe(mode, reader)
    for length in (1, 7, 20_000, 16_384, 3, 9_999):
        hand(mode, reader, samples_aged(*[1.0] * length))
    mode.flush()
    assert len(ages_s(probe)) == 1 + 7 + 20_000 + 16_384 + 3 + 9_999


def test_a_clock_that_is_behind_makes_no_age_of_centuries() -> None:
    """A timestamp a little ahead of this CPU's clock is an age of nothing."""
    mode = AtOnce(KIT)
    probe = AgeProbe(mode, "batch")
    hand(mode, "batch", samples_aged(-0.5))
    assert probe.stop(1).metrics["age_max_ns"] == 0


def test_a_mode_keeps_what_its_callback_answers() -> None:
    """A mode that asks to leave the pass still leaves it while it is watched."""
    mode = AtOnce(KIT)
    AgeProbe(mode, "callback")
    mode.halt = -1
    held = ctypes.create_string_buffer(24)
    assert mode.on_record(0, ctypes.addressof(held), 24) == -1


def test_loss_moves_the_percentiles_of_what_was_offered() -> None:
    """With 5 % lost the 90th percentile among the offered is finite, and the 99th is absent with the numbers."""
    found = ages_among_offered([(1_000, 95)], 100)
    assert found.metrics["age_offered_p90_ns"] == 1_000
    assert "age_offered_p99_ns" not in found.metrics
    assert "5 of 100 drops were never consumed" in found.absent["age_offered_p99_ns"]
