"""Numbers of causes, looked up a batch at a time, against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpf.record import RECORD, Samples
from modes.parts import counting
from modes.parts.counting import Cause, Causes

word = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1))
half = st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1))
causes = st.tuples(word, half, half)


def events(of: list[Cause]) -> Samples:
    samples = np.zeros(len(of), RECORD)
    for name, column in zip(("location", "pid", "reason"), zip(*of, strict=True), strict=True):
        samples[name] = column
    return samples


@settings(deadline=None)
@given(batches=st.lists(st.lists(causes, min_size=1, max_size=50), max_size=5))
def test_a_number_always_means_the_same_cause(batches: list[list[Cause]]) -> None:
    """Each event's number names exactly its own location, pid and reason, in this batch and the next."""
    known = Causes()
    for batch in batches:
        numbers = known.number(events(batch))
        assert [known.known[number] for number in numbers.tolist()] == batch
    assert len(set(known.known)) == len(known.known)


def test_many_causes_are_told_apart_while_the_table_grows() -> None:
    """Twenty thousand causes at once, many of which meet in one slot on the way."""
    batch = [(0xFFFFFFFF81000000 + n * 16, n % 7, n % 90) for n in range(20_000)]
    known = Causes()
    for _ in range(2):
        numbers = known.number(events(batch))
        assert [known.known[number] for number in numbers.tolist()] == batch
    assert len(known) == len(batch) + 1


def test_no_cause_is_entered_twice() -> None:
    """Causes at random places, a hundred more in each batch: some meet in a slot whatever the factor."""
    random = np.random.default_rng(3)
    columns = (random.integers(0, bound, 3000).tolist() for bound in (1 << 24, 9, 90))
    batch = [(0xFFFFFFFF81000000 + place, pid, reason) for place, pid, reason in zip(*columns, strict=True)]
    known = Causes()
    for count in range(100, len(batch) + 1, 100):
        known.number(events(batch[:count]))
    assert len(known) == len(set(batch)) + 1


@pytest.mark.parametrize("few", [0, 256])
def test_causes_that_meet_in_one_slot_are_told_apart(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of a cause is a sum of products modulo 2**64: these were made to have one hash, all of it.

    With another factor they are parted; where that is not tried, the search goes on from slot to slot.
    """
    monkeypatch.setattr(counting, "_FEW_CAUSES", few)
    location_factor, pid_reason_factor = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
    inverse = pow(location_factor, -1, 2**64)
    batch = []
    for number in range(200):
        pid_reason = number + 1
        location = ((12345 << 48) - pid_reason * pid_reason_factor) * inverse % 2**64
        batch.append((location, pid_reason, 0))
    known = Causes()
    for _ in range(2):
        assert [known.known[number] for number in known.number(events(batch)).tolist()] == batch
