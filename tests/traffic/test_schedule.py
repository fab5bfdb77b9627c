from __future__ import annotations

import itertools
import statistics

import pytest

from traffic.schedule import NS_PER_MS, NS_PER_S, check_shape, make_schedule

SHAPES = ["constant", "burst:10,90", "burst:3,0", "ramp"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rate", [1, 999.5, 123_456, 3_000_000])
def test_a_shape_moves_frames_and_leaves_their_number_alone(shape: str, rate: float) -> None:
    schedule = make_schedule(rate, NS_PER_S, shape)
    assert schedule.due_before(NS_PER_S) == pytest.approx(rate, abs=1)


@pytest.mark.parametrize("shape", [*SHAPES, "poisson"])
def test_a_frame_is_due_at_its_time_and_not_before(shape: str) -> None:
    schedule = make_schedule(10_000, NS_PER_S, shape, seed=1)
    for frame in [1, 2, 99, 100, 101, 5_000, 9_000]:
        due_ns = schedule.due_ns(frame)
        assert schedule.due_before(due_ns - 2000) <= frame < schedule.due_before(due_ns + 2000), frame


@pytest.mark.parametrize("shape", [*SHAPES, "poisson"])
def test_nothing_is_due_before_the_start(shape: str) -> None:
    assert make_schedule(1000, NS_PER_S, shape).due_before(0) == 0


@pytest.mark.parametrize(("shape", "seconds"), [("burst:100,900", 0.5), ("burst:100,900", 0.05), ("burst:30,50", 0.1)])
def test_a_burst_that_is_cut_short_sends_what_was_asked_for(shape: str, seconds: float) -> None:
    """A period that the trial does not finish has no more frames than its share."""
    duration_ns = round(seconds * NS_PER_S)
    assert make_schedule(1000, duration_ns, shape).due_before(duration_ns) == 1000 * seconds


def test_a_burst_is_silent_in_the_second_part_of_its_period() -> None:
    schedule = make_schedule(1000, NS_PER_S, "burst:10,90")
    assert schedule.due_before(5 * NS_PER_MS) == 50
    assert schedule.due_before(10 * NS_PER_MS) == 100
    assert schedule.due_before(100 * NS_PER_MS) == 100
    assert schedule.due_before(105 * NS_PER_MS) == 150


def test_a_ramp_has_sent_a_quarter_by_half_time() -> None:
    assert make_schedule(1000, NS_PER_S, "ramp").due_before(NS_PER_S // 2) == 250


def test_poisson_gaps_have_the_spread_of_an_exponential() -> None:
    schedule = make_schedule(1_000_000, NS_PER_S, "poisson", seed=7)
    times = [schedule.due_ns(frame) for frame in range(20_001)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert statistics.mean(gaps) == pytest.approx(1000, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(1000, rel=0.05)


@pytest.mark.parametrize(
    ("duration_s", "frames"), [(3, 2 * 50_000 + 1000), (1.5, 25_000 + 1000), (1, 1000), (0.25, 250)]
)
def test_a_tail_is_a_slow_second(duration_s: float, frames: int) -> None:
    """After a constant load, which a short trial has no room for; each frame is due when it is counted as due."""
    duration_ns = round(duration_s * NS_PER_S)
    schedule, body_ns = make_schedule(50_000, duration_ns, "tail"), max(0, duration_ns - NS_PER_S)
    assert schedule.due_before(duration_ns) == frames
    assert schedule.due_before(body_ns + NS_PER_S // 10) - schedule.due_before(body_ns) == 100
    for frame in (0, 1, frames // 2, frames - 1):
        due_ns = schedule.due_ns(frame)
        assert schedule.due_before(due_ns - 1000) <= frame < schedule.due_before(due_ns + 1000)


def test_the_seed_decides_a_poisson_schedule() -> None:
    def times(seed: int) -> list[int]:
        schedule = make_schedule(1000, NS_PER_S, "poisson", seed)
        return [schedule.due_ns(frame) for frame in range(100)]

    assert times(1) == times(1)
    assert times(1) != times(2)


@pytest.mark.parametrize("rate", [0, -5, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="a rate is a number of drops per second above 0"):
        make_schedule(rate, NS_PER_S)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("poison", "did you mean poisson"),
        ("burst", "burst:ON_MS,OFF_MS"),
        ("burst:0,10", "more than 0 ms"),
        ("burst:10,-1", "0 ms or more"),
        ("burst:a,b", "burst:ON_MS,OFF_MS"),
        ("sawtooth", "there are constant, poisson"),
    ],
)
def test_a_shape_that_is_none_is_refused_with_the_cure(shape: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_shape(shape)
