"""A mode's counts may be of any type: they are taken exactly, or refused where they are made."""

from __future__ import annotations

import json
import operator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.consumer.mode_errors import look_at_counts, whole
from modes import Kit, Mode
from results.ledger import Ledger
from results.line import fit, parse

INTEGERS = (np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64, np.intp, np.array, bool, int)
OTHERS = (float, np.float32, np.float64, Fraction, Decimal, str, complex)

numbers = st.integers(-(2**66), 2**66)


def made(kind: Any, number: int) -> Any:
    """Make a number of that type, or of the nearest that it can hold."""
    try:
        return kind(number)
    except OverflowError:
        return kind(number & 0x7F)


counts = st.one_of(
    st.builds(made, st.sampled_from(INTEGERS), numbers),
    st.builds(made, st.sampled_from(OTHERS), numbers),
    st.sampled_from([None, (), [1], np.array([1, 2]), np.nan, np.timedelta64(1, "s"), object()]),
)


@given(counts)
def test_a_count_is_taken_exactly_or_refused(count: Any) -> None:
    """What is taken is an int that the result file can hold and give back; nothing else gets that far."""
    try:
        number = whole(count)
    except (TypeError, ValueError) as refusal:
        assert str(refusal).startswith("consumed is ")  # noqa: PT017 (that it is raised is optional)
        return
    assert type(number) is int
    assert number == operator.index(count)
    fit(Ledger(observed=0, consumed=number, unread=0))
    assert parse(json.dumps({"consumed": number}).encode()) == {"consumed": number}


@given(counts)
def test_a_wrong_count_is_refused_in_the_modes_own_line(count: Any) -> None:
    """The first counts are looked at as they are made; a mode is itself again after some."""

    class Counting(Mode):
        def take(self, count: Any) -> None:
            self.consumed = count

    mode = Counting(Kit())
    look_at_counts(mode)
    try:
        expected = whole(count)
    except (TypeError, ValueError) as refusal:
        with pytest.raises(type(refusal)):
            mode.take(count)
        return
    for _ in range(20):
        mode.take(count)
    assert whole(mode.consumed) == expected
    assert not hasattr(Counting, "consumed")
