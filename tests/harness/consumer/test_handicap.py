"""A handicap slows a consumer by what it says, and is refused when it says nothing."""

from __future__ import annotations

import time

import pytest

from harness.consumer.handicap import Handicap, Handicapped, parse


class Burner:
    """A channel whose every pass costs five milliseconds of CPU time."""

    def consume(self):
        until = time.thread_time_ns() + 5_000_000
        while time.thread_time_ns() < until:
            pass
        return 100


@pytest.mark.parametrize("share", [0.15, 1.0])
def test_cpu_time_grows_by_the_share(share):
    """Ten passes cost the share more than ten passes without, whatever else the machine does."""
    channel = Handicapped(Burner(), Handicap(cpu=share))
    began = time.thread_time_ns()
    consumed = sum(channel.consume() for _ in range(10))
    assert consumed == 1000
    assert (time.thread_time_ns() - began) / 50_000_000 == pytest.approx(1 + share, rel=0.03)


@pytest.mark.parametrize(
    ("text", "handicap"),
    [
        ("cpu=0.15", Handicap(cpu=0.15)),
        ("allocations=2", Handicap(allocations=2)),
        ("cpu=1,allocations=1", Handicap(1.0, 1)),
    ],
)
def test_the_words_of_a_handicap(text, handicap):
    """What a setting says is what is done."""
    assert parse(text) == handicap


@pytest.mark.parametrize("text", ["", "cpu", "cpu=fast", "memory=3", "cpu=-1", "cpu=0", "allocations=1.5", "cpu=nan"])
def test_anything_else_is_refused(text):
    """A handicap that does nothing, or nothing known, never passes for one."""
    with pytest.raises(ValueError, match="handicap"):
        parse(text)
