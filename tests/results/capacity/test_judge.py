"""What one trial says about a consumer."""

from __future__ import annotations

import dataclasses

import pytest

from results.capacity.judge import LONG_AGAINST_RING, Side, judge, trial_duration
from tests.results.capacity.machine import null, trial

SECOND = null(intended_load=200_000.0, duration_s=1.0)


def test_a_trial_without_loss_and_backlog_passes() -> None:
    """All was consumed as it came."""
    assert judge(trial(SECOND, takes=300_000)).failed_by(0.0) is Side.NOBODY


def test_a_loss_above_the_allowed_fails_by_the_consumer() -> None:
    """The kernel counted records for which there was no room."""
    verdict = judge(trial(SECOND, takes=100_000))
    assert verdict.lost > 0
    assert verdict.failed_by(0.005) is Side.CONSUMER


def test_a_ring_that_hides_an_overload_is_seen_through() -> None:
    """A ring that is large enough loses nothing in a second; what waits in it at the end counts as lost."""
    large = dataclasses.replace(SECOND, ring_size_bytes=64 << 20)
    verdict = judge(trial(large, takes=150_000))
    assert verdict.lost == 0
    assert verdict.deferred > 40_000
    assert verdict.failed_by(0.005) is Side.CONSUMER


def test_what_is_in_flight_is_no_backlog() -> None:
    """25 ms worth of load may wait when the load ends: a consumer that is scheduled late is not too slow."""
    kept_up = trial(SECOND, takes=300_000)
    late = dataclasses.replace(kept_up, metrics={"backlog_at_stop": 4_000})
    assert judge(late).failed_by(0.0) is Side.NOBODY
    behind = dataclasses.replace(kept_up, metrics={"backlog_at_stop": 8_000})
    assert judge(behind).failed_by(0.0) is Side.CONSUMER


def test_a_growing_backlog_fails_even_if_it_is_gone_at_the_end() -> None:
    """The trend counts, too."""
    kept_up = trial(SECOND, takes=300_000)
    growing = dataclasses.replace(kept_up, metrics={"backlog_at_stop": 0, "backlog_growth_per_s": 20_000})
    assert judge(growing).failed_by(0.005) is Side.CONSUMER


def test_a_paced_consumer_may_have_an_interval_in_the_ring() -> None:
    """It lets the ring fill for so long by design."""
    paced = dataclasses.replace(SECOND, wait="paced", interval_ns=100_000_000)
    waiting = dataclasses.replace(trial(paced, takes=300_000), metrics={"backlog_at_stop": 20_000})
    assert judge(waiting).failed_by(0.0) is Side.NOBODY


def test_frames_that_were_never_sent_are_the_generators() -> None:
    """Offered 100,000 of 200,000 and nothing lost: the consumer did not fail."""
    verdict = judge(trial(SECOND, takes=300_000, sends=100_000))
    assert verdict.failed_by(0.0) is Side.GENERATOR
    assert verdict.bad_ratio == 0


def test_losing_what_little_was_offered_is_the_consumers() -> None:
    """A weak generator does not excuse a consumer that lost what it did get."""
    assert judge(trial(SECOND, takes=20_000, sends=100_000)).failed_by(0.005) is Side.CONSUMER


@pytest.mark.parametrize(
    ("load", "ring", "event", "seconds"),
    [
        (1e6, 1 << 20, 32, 2.0),
        (10_000, 1 << 20, 32, LONG_AGAINST_RING * 3.2768),
        (10_000, 1 << 20, 128, LONG_AGAINST_RING * 0.8192),
        (10_000, 1 << 20, 16, LONG_AGAINST_RING * 6.5536),
        (10_000, None, 32, 2.0),
    ],
    ids=["fast load: as asked", "slow load: long against the ring", "large events", "small events", "no ring"],
)
def test_a_trial_is_long_against_the_ring(load: float, ring: int | None, event: int, seconds: float) -> None:
    """Five times as long as the load takes to fill the ring, by the size of its events, or longer."""
    assert trial_duration(load, ring, 2.0, event) == pytest.approx(seconds)
