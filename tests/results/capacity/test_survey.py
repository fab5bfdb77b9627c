"""A survey finds a made-up machine's limits, checks them, and says the same when it is read from its trials."""

from __future__ import annotations

import dataclasses
import json

import pytest

from results.capacity.bounds import NORMAL, QUICK
from results.capacity.plan import CapacityPlan, survey
from results.capacity.survey import Question
from results.plan import replay
from results.trial import Trial
from tests.results.capacity.machine import Machine, null, plan

SYNTHETIC = null(traffic="synthetic")


@pytest.mark.parametrize("takes", [3_000.0, 47_000.0, 340_000.0])
@pytest.mark.parametrize("precision", [NORMAL, QUICK], ids=["normal", "quick"])
def test_the_limit_lies_between_the_bounds(takes: float, precision: object) -> None:
    """PDR and NDR of a consumer of known speed, within the width that was asked for and what 25 ms hide."""
    (capacity,) = survey(plan(precision=precision), Machine(takes).ask)
    for bounds in (*capacity.ndr, *capacity.pdr):
        assert bounds.known
        assert bounds.lower is not None
        assert bounds.upper is not None
        assert bounds.lower <= takes * 1.06
        assert bounds.upper >= takes * 0.99
        assert bounds.lower >= bounds.upper * (1 - precision.width) * 0.99


def test_a_ring_four_times_as_large_does_not_raise_the_limit() -> None:
    """Capacity is the consumer's, not the ring's."""
    small, large = survey(plan(null(), null(ring_size_bytes=4 << 20), precision=NORMAL), Machine(200_000).ask)
    assert large.pdr[0].lower == pytest.approx(small.pdr[0].lower, rel=0.06)


def test_checks_pass_below_and_fail_above() -> None:
    """0.9 and 1.2 times the PDR are tried on their own."""
    (capacity,) = survey(plan(), Machine(200_000).ask)
    assert [(check.part, check.expected, check.holds) for check in capacity.checks] == [
        (0.9, True, True),
        (1.2, False, True),
    ]


def test_a_weak_generator_is_said_to_be_one() -> None:
    """The limit is at least what could be offered; nothing is asked for beyond it, and no check is expected to fail."""
    (capacity,) = survey(plan(), Machine(5e6, sends=250_000).ask)
    assert not capacity.known
    assert all(bounds.at_least for bounds in capacity.pdr)
    assert capacity.pdr[0].lower == pytest.approx(250_000, rel=0.1)
    assert [check.part for check in capacity.checks] == [0.9]


def test_a_consumer_that_outruns_the_highest_load_takes_at_least_that() -> None:
    """No upper bound is made up."""
    (capacity,) = survey(plan(most=5_000.0), Machine(200_000).ask)
    assert capacity.pdr[0].at_least
    assert capacity.pdr[0].lower == 5_000
    assert capacity.pdr[0].upper is None


def test_a_consumer_too_slow_for_the_lowest_load_has_no_lower_bound() -> None:
    """Nor a curve, nor checks."""
    (capacity,) = survey(plan(null(ring_size_bytes=4096)), Machine(100).ask)
    assert capacity.pdr[0].lower is None
    assert capacity.checks == ()
    assert capacity.curve == ()


def test_what_packets_cannot_limit_goes_on_with_synthetic_records() -> None:
    """A second survey of the same consumer, under its own name."""
    wanted = plan(beyond={0: SYNTHETIC}, most_beyond=20e6)
    packets_only, in_kernel = Machine(3e6, sends=250_000), Machine(3e6, sends=50e6)

    def ask(question: Question) -> Trial:
        return (in_kernel if question.setting.traffic == "synthetic" else packets_only).ask(question)

    packets, beyond = survey(wanted, ask)
    assert not packets.known
    assert beyond.setting.traffic == "synthetic"
    assert beyond.pdr[0].lower == pytest.approx(3e6, rel=0.1)


def test_a_survey_reads_the_same_from_its_trials() -> None:
    """Statements follow from data alone: plan and trials, through JSON and back, give the same capacities."""
    machine, wanted = Machine(200_000, noise=0.02), plan(null(), null(mode="file"), searches=2)
    live = list(survey(wanted, machine.ask))
    kept = CapacityPlan.from_json(json.loads(json.dumps(wanted.to_json())))
    assert list(survey(kept, replay(machine.trials))) == live


def test_a_survey_goes_on_where_it_was_interrupted() -> None:
    """The recorded trials are not asked for again, and the rest follows as if nothing had happened."""
    whole = Machine(200_000)
    expected = list(survey(plan(), whole.ask))
    recorded, rest = replay(whole.trials[:4]), Machine(200_000)
    sources = iter([recorded] * 4)

    def ask(question: Question) -> Trial:
        return next(sources, rest.ask)(question)

    found = list(survey(plan(), ask))
    assert len(rest.trials) == len(whole.trials) - 4
    assert [c.pdr for c in found] == [c.pdr for c in expected]


def test_trials_that_run_out_are_said_to_be_unfinished() -> None:
    """Not taken for a result."""
    machine = Machine(200_000)
    list(survey(plan(), machine.ask))
    with pytest.raises(EOFError, match="not finished"):
        list(survey(plan(), replay(machine.trials[:5])))


def test_a_foreign_trial_is_refused() -> None:
    """A file of another search does not answer this one's questions."""
    machine = Machine(200_000)
    list(survey(plan(), machine.ask))
    with pytest.raises(ValueError, match="not the one"):
        list(survey(plan(null(mode="file")), replay(machine.trials)))


def test_an_invalid_trial_is_repeated() -> None:
    """It is never judged."""
    machine = Machine(200_000, invalid=2)
    (capacity,) = survey(plan(), machine.ask)
    assert capacity.known
    assert machine.trials[0].setting == machine.trials[2].setting


def test_a_mode_whose_trials_are_all_invalid_has_no_result() -> None:
    """And the next one is surveyed all the same."""
    machine = Machine(200_000, invalid=3)
    broken, sound = survey(plan(null(mode="file"), null()), machine.ask)
    assert broken.wrong == "3 trials in a row were invalid: the consumer died"
    assert sound.known


def test_a_plan_that_is_none_is_refused() -> None:
    """Before anything runs."""
    for wrong in ({"loss": 0.0}, {"least": 2e6}, {"searches": 0}, {"precision": dataclasses.replace(QUICK, width=0.6)}):
        with pytest.raises(ValueError, match=r"--|load"):
            plan(**wrong)
