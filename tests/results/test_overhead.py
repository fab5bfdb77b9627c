"""What attaching costs: false alarms, power and the stated power on simulated machines, and plans that are replayed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from results.errors import BadInput
from results.overhead import OverheadPlan
from results.plan import replay, replayed
from tests.results.overheads import Simulated, comparison, invalid, plan


def quiet(moments, rng):
    """A turn varies by 1 % from its neighbour, and a window by as much."""
    return rng.normal(0, 0.01) + rng.normal(0, 0.01, len(moments))


def drift(moments, rng):
    """All becomes slower: 40 % in a minute."""
    return 0.4 * moments / 60 + quiet(moments, rng)


def steps(moments, rng):
    """A neighbour takes half as much again, for some seconds of every fifteen."""
    return 0.4 * (moments % 15 > 8) + quiet(moments, rng)


def heavy_tails(moments, rng):
    """Turns and windows vary without a variance."""
    return 0.01 * rng.standard_t(1.2) + 0.01 * rng.standard_t(1.2, len(moments))


def second_wins(moments, rng):
    """The first turn of each two is dearer by a tenth."""
    return 0.1 * (round(moments[0] / 1.2) % 2 == 0) + quiet(moments, rng)


MACHINES = (quiet, drift, steps, heavy_tails, second_wins)


def likely(sessions):
    """Return how many of so many sessions are at most 4 standard deviations above what alpha lets expect."""
    return sessions * 0.05 + 4 * (sessions * 0.05 * 0.95) ** 0.5


def told(machine, sessions, cost=0.0, **how):
    """Count the sessions in which a tool is told from nothing."""
    return sum(
        found.told for seed in range(sessions) for found in plan(**how).answer(Simulated(machine, seed, cost), seed)
    )


@pytest.mark.parametrize("sessions", [60, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_no_machine_raises_more_alarms_than_alpha(machine, sessions):
    """What costs nothing is told to cost or to spare something in alpha of all sessions, on any machine."""
    assert told(machine, sessions) <= likely(sessions)


@pytest.mark.parametrize("machine", [drift, second_wins], ids=lambda machine: machine.__name__)
def test_turns_that_no_coin_orders_are_found_out(machine, monkeypatch):
    """Alone first, always: what the machine does to a place is taken for the tool's doing, and it shows here."""
    monkeypatch.setattr("results.overhead.coin", lambda *_place: ("A", "B", "B", "A"))
    assert told(machine, 20) > likely(20)


def test_the_cost_is_a_share_of_what_the_workload_takes():
    """5 % on a machine that varies by 1 % is told to be that, within its interval, in nearly each of 40 sessions."""
    found = [plan().answer(Simulated(drift, seed, 0.05), seed)[0] for seed in range(40)]
    assert np.mean([one.cost for one in found]) == pytest.approx(0.05, abs=0.003)
    assert sum(one.low <= 0.05 <= one.high for one in found) >= 33
    assert sum(one.told for one in found) >= 37
    one = found[0]
    assert (one.cpu, one.steal, one.gap_s) == pytest.approx((0.1, 0.004, 0.5))
    assert one.plain == pytest.approx(700, rel=0.5)


@pytest.mark.parametrize("sessions", [60, pytest.param(600, marks=pytest.mark.slow)])
@pytest.mark.parametrize("pairs", [8, 25])
def test_four_of_five_sessions_see_what_they_say_they_would(pairs, sessions):
    """An effect as large as a session without one calls detectable is told by about 80 % of other sessions."""
    stated = [plan(pairs=pairs).answer(Simulated(quiet, seed), seed)[0].detectable for seed in range(sessions)]
    seen = told(quiet, sessions, float(np.median(stated)), pairs=pairs) / sessions
    assert 0.8 - 0.05 - 4 * (0.16 / sessions) ** 0.5 < seen < 0.8 + 0.1 + 4 * (0.16 / sessions) ** 0.5


def test_several_tools_share_one_alpha():
    """Each of four is held to a quarter of it, and needs more pairs for that; the one that costs is told."""
    several = plan("a", "b", "c", "d", pairs=8)
    assert (several.level, plan().level) == (0.05 / 8, 0.025)
    assert (several.fewest, plan().fewest) == (8, 6)
    found = several.answer(Simulated(quiet, 1, {"c": 0.1}), 1)
    assert [(one.setting.mode, one.told) for one in found] == [("a", False), ("b", False), ("c", True), ("d", False)]


@pytest.mark.parametrize(
    ("how", "names"),
    [({"pairs": 5}, "--pairs must be at least 6"), ({"alpha": 0.5}, "--alpha"), ({"alpha": 0.0}, "--alpha")],
)
def test_what_could_tell_nothing_is_refused(how, names):
    """Five pairs cannot be significant at 5 % on two sides, and no chance is half or none."""
    with pytest.raises(BadInput, match=names):
        plan(**how)


def test_a_budget_makes_as_many_pairs_as_have_room_and_never_too_few():
    """Pairs that take 2.4 s: 25 in a minute; in ten seconds the six that can tell anything."""
    for budget_s, pairs in ((60.0, 25), (10.0, 6)):
        (found,) = plan(pairs=None, budget_s=budget_s).answer(Simulated(quiet, 1), 1)
        assert len(found.values) == pairs


def test_a_plan_is_read_back_and_its_trials_come_to_the_same():
    """Through JSON, as a result file has it; one trial more or less, or of another order, is no replay."""
    made, machine = plan("a", "b"), Simulated(steps, 5, {"b": 0.03})
    found = made.answer(machine, 9)
    read = OverheadPlan.from_json(made.to_json())
    assert read == made
    assert replayed(read, 9, machine.trials) == found
    with pytest.raises(EOFError):
        replayed(read, 9, machine.trials[:-1])
    with pytest.raises(BadInput, match="not the one"):
        replayed(read, 10, machine.trials)
    with pytest.raises(BadInput, match="beyond"):
        replayed(plan("a", "b", pairs=10), 9, machine.trials)


def test_a_pair_with_an_invalid_turn_is_set_aside_and_made_up_for():
    """What the others come to is as if it had not been."""

    class Stumbles(Simulated):
        def spoil(self, made):
            return invalid(made) if made.block == 3 and made.arm == "B" else made

    machine = Stumbles(quiet, 2, 0.05)
    (found,) = plan().answer(machine, 2)
    assert (len(found.values), found.spoilt, found.wrong) == (12, 1, None)
    assert len(machine.trials) == 26
    assert found.told


def test_what_fails_again_and_again_is_given_up_and_the_others_go_on():
    """Three pairs of a tool that dies are enough; it is named with the reason, and no number is made of it."""

    class Dies(Simulated):
        def spoil(self, made):
            return invalid(made) if made.setting.mode == "b" else made

    machine = Dies(quiet, 2)
    good, bad = plan("a", "b").answer(machine, 2)
    assert (len(good.values), good.wrong) == (12, None)
    assert (bad.cost, bad.spoilt, bad.told) == (None, 3, False)
    assert bad.wrong == "sleep ended with status 1 while it was attached"
    assert sum(made.setting.mode == "b" for made in machine.trials) == 3


def test_a_command_is_timed_once_a_turn():
    """Where the workload is a command, its turn is one window, and its time the value."""
    one = comparison()
    a, b = (replace(each, windows=1, sender=None, duration_s=None) for each in (one.a, one.b))
    made = OverheadPlan(comparisons=(replace(one, a=a, b=b),), pairs=6)

    class Timed(Simulated):
        def spoil(self, made):
            windows = replace(
                made.windows, began_ns=(1,), void={}, values={"workload_s": (2.0 if made.arm == "A" else 3.0,)}
            )
            return replace(made, windows=windows)

    (found,) = made.answer(Timed(quiet, 1), 1)
    assert (found.cost, found.low, found.high, found.plain) == pytest.approx((0.5, 0.5, 0.5, 2.0))


def test_a_valid_turn_without_a_time_is_refused():
    """A file that was written over is not reported on."""
    machine = Simulated(quiet, 1)
    plan().answer(machine, 1)
    torn = [replace(made, windows=None) if made.number == 4 else made for made in machine.trials]
    with pytest.raises(BadInput, match="trial 4 is stored as valid"):
        plan().answer(replay(torn), 1)


def test_a_window_without_a_frame_has_no_beginning_and_makes_no_share_of_a_cpu():
    """The sender had no CPU in the first and the last one: the turn is as long as the others say."""

    class Waits(Simulated):
        def spoil(self, made):
            began = (0, *made.windows.began_ns[1:-1], 0)
            return replace(made, windows=replace(made.windows, began_ns=began), first_offered_ns=0, last_offered_ns=0)

    (found,) = plan().answer(Waits(quiet, 1), 1)
    assert found.cpu == pytest.approx(0.07 / 0.5)
