"""Certificates: false alarms and detections are counted, bounded exactly, and hold for one plan and one host only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from results.check.blocks import Comparison, coin
from results.check.certificate import Certificate
from results.check.certify import certify, finished_gates
from results.check.gate import GatePlan, gated
from results.check.plan import Check, judge_session
from results.check.verdict import Verdict
from results.session import Session
from tests.results.check.blocks_made_up import setting, trial

CPU = "cpu_ns_per_event"
LOAD = setting("load")
PLAN = GatePlan(alpha=0.05, looks=(8,), gated=(gated("epoll", CPU),))


def gate(number, values_of, *, handicap=None, host="here", blocks=8, plan=PLAN):
    """Make a gate's session and trials; `values_of(place, arm)` is the metric of the trial at that place."""
    slowed = replace(LOAD, handicap=handicap)
    check = Check(gate=plan, comparisons=(Comparison("epoll", LOAD, slowed),), arm_a="a", arm_b="b")
    session = Session(
        id=f"gate-{number}",
        started_at="2026-01-01T00:00:00+00:00",
        command="bench certify",
        seed=number,
        plan=check.to_json(),
        host={"cpu": host},
    )
    trials = []
    for block in range(1, blocks + 1):
        for arm in coin(number, block):
            place = len(trials)
            of = LOAD if arm == "A" else slowed
            made = trial(place + 1, block, arm, of, metrics={CPU: values_of(place, arm)})
            trials.append(replace(made, session=session.id))
    return session, trials


def of_modes(number, more, b):
    """Make a gate of instructions, a trial of each arm a block, between two modes."""
    settings = [setting(pass_="instructions", mode=mode) for mode in ("mine.py", b)]
    comparison = Comparison("mine.py", *settings, short=True)
    plan = GatePlan(alpha=0.05, looks=(5,), gated=(gated("mine.py", "instructions_per_event"),))
    check = Check(gate=plan, comparisons=(comparison,), arm_a="a", arm_b="b")
    session = Session(
        id=f"gate-{number}",
        started_at="2026-01-01T00:00:00+00:00",
        command="",
        seed=number,
        plan=check.to_json(),
        host={},
    )
    made = []

    def ask(step):
        metrics = {"instructions_per_event": 1000.0 * (1.0 if step.setting.mode == "mine.py" else more)}
        made.append(trial(len(made), step.block, step.arm, step.setting, metrics=metrics))
        return made[-1]

    check.answer(ask, number)
    assert len(made) == 10
    return session, [replace(one, session=session.id) for one in made]


def test_a_slower_mode_in_place_of_a_handicap_is_counted_by_its_name():
    """1 % more instructions, found each time in the fewest blocks of two trials; never where the modes are equal."""
    gates = [of_modes(number, 1.01, "slower.py" if number % 2 else "mine.py") for number in range(20)]
    (one,) = certified(gates).certified
    assert (one.gates, one.false_alarms) == (10, 0)
    assert [(each.handicap, each.gates, each.found) for each in one.detections] == [("mode=slower.py", 10, 10)]


def noise(seed, spread=0.02):
    rng = np.random.default_rng(seed)
    return lambda _place, _arm: 100 * float(np.exp(rng.normal(0, spread)))


def certified(gates):
    sessions = [session for session, _ in gates]
    trials = [one for _, made in gates for one in made]
    return certify(finished_gates(sessions, trials))


def test_equal_arms_raise_no_alarm_and_the_bound_is_exact():
    """Sixty quiet gates: none alarms, and the rate is at most what Clopper-Pearson allows of 0 in 60."""
    certificate = certified([gate(number, noise(number)) for number in range(60)])
    (one,) = certificate.certified
    assert (one.gates, one.false_alarms, certificate.gates_with_false_alarm) == (60, 0, 0)
    assert one.false_alarms_at_most == pytest.approx(1 - 0.05 ** (1 / 60))
    assert 0 <= one.false_alarms_at_zero <= 8


def test_the_minimum_detectable_effect_is_found_as_often_as_it_says():
    """Slowing arm B by the effect that is surely found makes nearly all fresh gates REGRESSED; half of it, few."""
    (one,) = certified([gate(number, noise(number)) for number in range(40)]).certified
    assert one.surely_found == pytest.approx(1.05 * (1 + one.detectable) - 1)

    def found(effect):
        hits = 0
        for number in range(100, 160):
            quiet = noise(number)
            session, trials = gate(number, lambda p, a, q=quiet: q(p, a) * (1 + effect * (a == "B")))
            hits += judge_session(session, trials)[0].verdict is Verdict.REGRESSED
        return hits / 60

    assert found(one.surely_found) > 0.75
    assert found(one.gated.gate.margin / 2) < 0.05


def test_too_few_gates_are_sure_of_nothing():
    """Thirteen of thirteen do not bound a share at 80 %, so no effect is called detectable."""
    (one,) = certified([gate(number, noise(number)) for number in range(13)]).certified
    assert one.detectable is None
    assert one.surely_found is None


def test_slowed_gates_are_counted_apart_by_handicap():
    """A handicap of 20 % is found, and does not enter the false alarms."""

    def slowed(number):
        quiet = noise(number)
        return gate(number, lambda p, a: quiet(p, a) * (1.2 if a == "B" else 1), handicap="cpu=0.2")

    (one,) = certified([gate(n, noise(n)) for n in range(20)] + [slowed(n) for n in range(20, 30)]).certified
    assert (one.gates, one.false_alarms) == (20, 0)
    assert [(d.handicap, d.gates, d.found) for d in one.detections] == [("cpu=0.2", 10, 10)]


def test_a_load_that_switches_on_in_the_middle_fools_the_sequence_only():
    """From the middle of each gate on, everything takes 30 % longer: in sequence REGRESSED, interleaved never."""

    def disturbed(number):
        quiet = noise(number)
        return gate(number, lambda place, arm: quiet(place, arm) * (1.3 if place >= 16 else 1))

    (one,) = certified([disturbed(number) for number in range(20)]).certified
    assert one.in_sequence == 20
    assert one.false_alarms == 0


def test_an_unfinished_gate_is_left_out():
    """A gate that was interrupted counts neither for nor against."""
    gates = [gate(1, noise(1)), gate(2, noise(2), blocks=7)]
    assert certified(gates).gates == 1


@pytest.mark.parametrize(
    "other",
    [
        gate(2, noise(2), host="there"),
        gate(2, noise(2), plan=replace(PLAN, alpha=0.04)),
    ],
    ids=["another host", "another plan"],
)
def test_gates_of_another_host_or_plan_are_refused(other):
    """A certificate holds for one host and one plan."""
    with pytest.raises(ValueError, match="planned otherwise, or ran on another machine"):
        certified([gate(1, noise(1)), other])


def test_a_certificate_survives_its_way_through_json():
    """What check reads is what certify wrote."""
    made = certified([gate(n, noise(n)) for n in range(15)] + [gate(99, noise(99), handicap="cpu=0.2")])
    assert Certificate.from_json(made.to_json()) == made
