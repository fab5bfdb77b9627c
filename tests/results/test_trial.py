"""Rates of a trial: over the time in which its load was to be sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from results.ledger import Ledger
from results.trial import Setting, Trial
from tests.results import made_up


def offered(drops: int, last_ns: int, load: float | None, duration_s: float = 0.5) -> Trial:
    """Make a trial that offered so many drops, the last after so many nanoseconds, and consumed them at once."""
    ledger = Ledger(sent=drops, observed=drops, submitted=drops, reserve_failed=0, consumed=drops, unread=0)
    made = made_up.trial(intended_load=load, duration_s=duration_s)
    return replace(made, ledger=ledger, first_offered_ns=0, last_offered_ns=last_ns, last_consumed_ns=last_ns + 1000)


@pytest.mark.parametrize(
    ("drops", "last_ns", "load", "rate"),
    [
        pytest.param(1, 88_000, 2.0, None, id="one drop"),
        pytest.param(1, 88_000, None, None, id="one drop in a closed loop"),
        pytest.param(500, 100_000_000, 1000.0, 1000.0, id="a burst, then silence"),
        pytest.param(400, 800_000_000, 1000.0, 500.0, id="longer than it was to last"),
        pytest.param(500, 100_000_000, None, 5000.0, id="closed loop"),
    ],
)
def test_what_was_offered_a_second(drops: int, last_ns: int, load: float | None, rate: float | None) -> None:
    """The silence after the last frame belongs to the load; a closed loop has none."""
    trial = offered(drops, last_ns, load)
    assert trial.offered_load == (None if rate is None else pytest.approx(rate))
    assert trial.consume_rate == (None if rate is None else pytest.approx(rate, rel=1e-4))


def test_a_setting_that_equals_another_by_value_alone_is_held_against_its_types() -> None:
    """Trials of a file share their settings, and in JSON true is no number, though it equals 1."""
    row = made_up.setting(producers=1).to_json()
    assert Setting.from_json(row) is Setting.from_json(dict(row))
    with pytest.raises(TypeError, match="producers is true"):
        Setting.from_json(row | {"producers": True})
