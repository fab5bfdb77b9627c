"""How long it took, and how long it will take."""

from __future__ import annotations

import pytest

from harness import clock
from harness.clock import Clock
from results import units


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a test say what time it is."""
    now = [1000.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: now[0])
    return now


def test_what_is_left_follows_from_what_one_took(at: list[float]) -> None:
    """Ten seconds each, by the mean; while the next one lasts, less and less is left, and never less than nothing."""
    timed = Clock()
    assert timed.told(4) == "0:00"
    at[0] += 10
    timed.made()
    assert timed.told(3) == "0:10, about 0:30 left"
    at[0] += 4
    assert timed.told(3) == "0:14, about 0:26 left"
    at[0] += 60
    assert timed.told(3) == "1:14, about 0:00 left"
    timed.made()
    assert timed.told(2) == "1:14, about 1:14 left"
    assert timed.told(2, at_most=True) == "1:14, at most 1:14 left"
    assert timed.told(None) == "1:14"


def test_before_the_first_what_is_expected_tells(at: list[float]) -> None:
    """Until one is made."""
    timed = Clock(expected_s=7)
    at[0] += 2
    assert timed.told(3) == "0:02, about 0:19 left"
    timed.made()
    assert timed.told(2) == "0:02, about 0:04 left"


def test_a_budget_is_what_there_is(at: list[float]) -> None:
    """However many fit into it."""
    timed = Clock(ends_s=60)
    at[0] += 25
    assert timed.told(None) == "0:25, about 0:35 left"
    timed.made()
    assert timed.told(9) == "0:25, about 0:35 left"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (3599.7, "1:00:00"), (93784, "26:03:04")]
)
def test_a_clock_shows_hours_where_there_are(seconds: float, text: str) -> None:
    """And no sixty seconds."""
    assert units.clock(seconds) == text
