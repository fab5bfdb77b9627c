"""Verdicts: which blocks give which, planned looks, Holm over the family, and what is refused before a run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from results.check.blocks import blocks_of, coin
from results.check.forecast import more_blocks
from results.check.gate import GatePlan, default_looks, fewest_blocks, gated
from results.check.verdict import Verdict, judge, wanted_blocks, worst
from results.statistics.signed_rank import p_above, p_below
from tests.results.check.blocks_made_up import SEED, blocks, comparison, ratios, setting, trials_of

NAME = "bytes_written_per_event"
CPU = "cpu_ns_per_event"
LOAD = setting("load")


def plan(*looks, names=(CPU,), alpha=0.05, mode="epoll"):
    return GatePlan(alpha=alpha, looks=looks, gated=tuple(gated(mode, name) for name in names))


def judged(effects, looks=(10,), alpha=0.05):
    (judgement,) = judge(plan(*looks, alpha=alpha), blocks(CPU, effects, of=LOAD))
    return judgement


def test_clearly_slower_is_regressed():
    """20 % more CPU with 2 % noise: REGRESSED, and the whole interval lies above the margin."""
    judgement = judged(ratios(np.log(1.2), 0.02, 10, seed=1))
    assert judgement.verdict is Verdict.REGRESSED
    assert 1.05 < judgement.low < judgement.estimate < judgement.high
    assert judgement.estimate == pytest.approx(1.2, abs=0.02)


def test_no_change_is_ok():
    """The same with 2 % noise: OK, and the whole interval lies below the margin."""
    judgement = judged(ratios(0, 0.02, 10, seed=1))
    assert judgement.verdict is Verdict.OK
    assert judgement.low < 1 < judgement.high < 1.05


def test_noise_is_inconclusive_and_says_how_many_blocks_would_decide():
    """3 % more with 6 % noise: the interval holds the margin; more blocks, and how long they take, are stated."""
    judgement = judged(ratios(np.log(1.02), 0.06, 10, seed=3))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.low < 1.05 < judgement.high
    assert judgement.more_blocks > 0
    assert judgement.more_s == pytest.approx(judgement.more_blocks * 4.0)  # trials start a second apart


def test_a_ratio_on_the_margin_is_not_sent_for_more_blocks():
    """Where no number of blocks would decide, none is advised."""
    judgement = judged([1.05 * (1.1 if place % 2 else 1 / 1.1) for place in range(10)])
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.more_blocks is None
    assert "would not change" in judgement.because


@pytest.mark.parametrize("seed", range(30))
def test_verdict_and_interval_agree(seed):
    """REGRESSED exactly if the interval is above the limit, OK exactly if it is below."""
    rng = np.random.default_rng(seed)
    judgement = judged(np.exp(rng.normal(rng.normal(0.05, 0.05), 0.03, 10)).tolist())
    assert (judgement.verdict is Verdict.REGRESSED) == (judgement.low > judgement.limit)
    assert (judgement.verdict is Verdict.OK) == (judgement.high < judgement.limit)


def test_a_count_equal_in_all_blocks_is_ok_and_one_more_is_regressed_in_the_fewest_blocks():
    """Without any variance the fewest blocks decide both ways, from zero too."""
    fewest = fewest_blocks(1, 0.05)
    assert fewest == 5
    for pair, expected in (
        ((7, 7), Verdict.OK),
        ((0, 0), Verdict.OK),
        ((7, 8), Verdict.REGRESSED),
        ((0, 1), "REGRESSED"),
    ):
        made = blocks_of([comparison()], partial(coin, SEED), trials_of(NAME, [pair] * fewest))
        (judgement,) = judge(plan(fewest, names=(NAME,)), made)
        assert judgement.verdict == expected, pair


def test_a_verdict_at_a_look_is_final():
    """What was OK at the first look is not judged again on blocks that came later."""
    early = [1.0] * 8
    effects = early + [3.0] * 24  # on all 32 it would be REGRESSED
    assert judged(early, looks=(8, 32)).verdict is Verdict.OK
    late = judged(effects, looks=(8, 32))
    assert (late.verdict, late.blocks, late.look) == (Verdict.OK, 8, 1)


def test_the_second_look_decides_what_the_first_could_not():
    """Undecided after eight blocks, decided after sixteen."""
    effects = [1.0, 1.1] * 4 + [1.3] * 24
    judgement = judged(effects, looks=(8, 32))
    assert (judgement.verdict, judgement.look) == (Verdict.REGRESSED, 2)


def test_looks_between_the_planned_ones_do_not_exist():
    """Nine blocks of a plan that looks after eight and sixteen are judged on the eight."""
    judgement = judged([1.0, 1.1] * 4 + [9.0], looks=(8, 16))
    assert judgement.blocks == 8


def test_before_the_first_look_there_is_no_verdict():
    """An interrupted check is inconclusive, however clear its blocks look."""
    judgement = judged([2.0] * 9)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "before a look" in judgement.because


def test_all_looks_together_keep_alpha():
    """3,000 simulated gates at the margin itself with two looks: false alarms stay below alpha."""
    rng = np.random.default_rng(8)
    the_plan = plan(8, 16, alpha=0.10)
    limit = the_plan.gated[0].gate.limit
    alarms = 0
    for _ in range(3000):
        values = (limit + rng.standard_t(3, 16)).tolist()
        alarms += any(p_above(values[:look], limit) <= the_plan.alpha_per_look for look in the_plan.looks)
    assert alarms / 3000 <= 0.10 + 3 * (0.10 * 0.90 / 3000) ** 0.5


def test_holm_is_over_all_that_is_gated():
    """A p that passes alone does not pass as one of six metrics."""
    names = (CPU, "loss_ratio", "ns_per_event", NAME, "allocations_per_event", "syscalls_per_event")
    effects = [1.2] * 7 + [1.0]
    alone = judged(effects, looks=(8,))
    (among, *_others) = judge(plan(8, names=names), blocks(CPU, effects, of=LOAD))
    assert alone.verdict is Verdict.REGRESSED
    assert among.verdict is Verdict.INCONCLUSIVE


def test_what_passed_at_the_first_look_still_counts_in_the_family_at_the_second():
    """The family does not shrink by what the data showed."""
    drain, load = setting("drain"), LOAD
    effects = [1.0] * 8
    undecided = [1.0, 1.2] * 4 + [1.2, 1.2, 0.9, 1.2, 1.2, 1.2, 1.2, 1.2]
    first = trials_of(NAME, [(100, 100 * e) for e in effects], of=drain)
    second = trials_of(CPU, [(100, 100 * e) for e in undecided], of=load, first_block=100, first_number=500)
    made = blocks_of([comparison(drain), comparison(load)], partial(coin, SEED), first + second)
    passed, other = judge(plan(8, 16, names=(NAME, CPU)), made)
    assert (passed.verdict, passed.look) == (Verdict.OK, 1)
    alone = judged(undecided, looks=(8, 16))
    assert other.low < alone.low


def test_an_excluded_metric_is_shown_but_not_judged_and_leaves_the_family():
    """A metric set aside before the run stays INCONCLUSIVE with its reason, and costs the others nothing."""
    both = plan(8, names=(CPU, "loss_ratio"))
    excluded = replace(both, gated=(both.gated[0], replace(both.gated[1], excluded_because="noise")))
    assert excluded.family_size == 1
    kept, aside = judge(excluded, blocks(CPU, [1.5] * 8, of=LOAD))
    assert kept.verdict is Verdict.REGRESSED
    assert (aside.verdict, aside.because) == (Verdict.INCONCLUSIVE, "noise")
    assert aside.estimate == 0.0


def test_an_absent_metric_is_inconclusive_with_its_reason():
    """A number that could not be read is no pass."""
    made = blocks_of([comparison(LOAD)], partial(coin, SEED), trials_of("other", [(1, 1)] * 8, of=LOAD))
    (judgement,) = judge(plan(8), made)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "has no cpu_ns_per_event" in judgement.because


def test_invalid_blocks_are_set_aside_and_their_successors_count():
    """An invalid block in the middle changes nothing but the number of blocks it took."""
    made = trials_of(CPU, [(100, 120)] * 9, of=LOAD)
    made[8] = replace(made[8], invalid_because=("steal",), metrics={CPU: 9e9})
    (judgement,) = judge(plan(8), blocks_of([comparison(LOAD)], partial(coin, SEED), made))
    assert judgement.verdict is Verdict.REGRESSED
    assert judgement.estimate == pytest.approx(1.2)


def test_disturbed_trials_count():
    """Blocks and coin keep the test valid under noise: a noisy machine is no reason to set anything aside."""
    made = trials_of(CPU, [(100, 120)] * 8, of=LOAD)
    made = [replace(trial, disturbed_because=("steal",)) for trial in made]
    (judgement,) = judge(plan(8), blocks_of([comparison(LOAD)], partial(coin, SEED), made))
    assert judgement.verdict is Verdict.REGRESSED
    assert judgement.blocks == 8


@pytest.mark.parametrize("more", [0, 3])
def test_a_load_that_is_held_up_again_and_again_leaves_a_doubt(more):
    """Past the spare blocks nothing more is asked for, and the reason is said; a verdict reached before stays."""
    spare = plan(8).spare_blocks
    made = trials_of(CPU, [(100, 120)] * (spare + 1 + more), of=LOAD)
    held_up = [replace(trial, limited_by="generator") if trial.block <= spare + 1 else trial for trial in made]
    found = blocks_of([comparison(LOAD)], partial(coin, SEED), held_up)
    assert wanted_blocks(plan(8), found) == {}
    (judgement,) = judge(plan(8), found)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert f"{spare + 1} of {spare + 1 + more} blocks were set aside, {spare} are allowed for" in judgement.because
    assert "held up" in judgement.because
    assert "whether cpu_ns_per_event changed is not known" in judgement.because
    assert "more blocks would be set aside, too" in judgement.because
    assert "lower --rate" in judgement.because
    fewer = [trial for trial in held_up if trial.block > 1]
    assert list(wanted_blocks(plan(8), blocks_of([comparison(LOAD)], partial(coin, SEED), fewer)).values()) == [
        8 - more
    ]


def test_the_whole_check_is_as_bad_as_its_worst_metric():
    """Any regression decides, then any doubt."""
    regressed, doubtful, ok = judged([2.0] * 10), judged([1.05, 1.2, 0.9] * 4), judged([1.0] * 10)
    assert worst([ok, doubtful, regressed]) is Verdict.REGRESSED
    assert worst([ok, doubtful]) is Verdict.INCONCLUSIVE
    assert worst([ok, ok]) is Verdict.OK


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"looks": (4,)}, "can never fail"),
        ({"looks": (5, 10)}, "at least 6"),
        ({"looks": (10, 10)}, "rise"),
        ({"looks": ()}, "rise"),
        ({"alpha": 0.0}, "alpha"),
        ({"gated": ()}, "nothing is gated"),
        ({"gated": (gated("epoll", CPU, 0.0),)}, "above 0"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(changes, says):
    """Too few blocks to ever fail, and other nonsense, are refused when the plan is made."""
    valid = {"alpha": 0.05, "looks": (10, 20), "gated": (gated("epoll", CPU),)}
    with pytest.raises(ValueError, match=says):
        GatePlan(**(valid | changes))


@pytest.mark.parametrize("family", [1, 5, 40])
def test_the_fewest_blocks_can_fail_and_one_less_cannot(family):
    """With one block less even a hundredfold slowdown in every block would pass unnoticed."""
    fewest = fewest_blocks(family, 0.025)
    assert 0.5**fewest <= 0.025 / family < 0.5 ** (fewest - 1)
    assert default_looks(family, 0.05)[0] > fewest


def test_a_plan_survives_its_way_through_json():
    """What verify reads is what check wrote."""
    made = plan(10, 20, names=(CPU, "loss_ratio"))
    assert GatePlan.from_json(made.to_json()) == made


def test_the_forecast_is_about_right():
    """A sample of the forecast size from the same distribution decides in most of 200 simulated repetitions."""
    rng = np.random.default_rng(2)
    seen = rng.normal(0.0, 0.08, 12).tolist()
    more = more_blocks(seen, 0.05, 0.025, 0.025)
    spread, centre = float(np.std(seen)), float(np.mean(seen))
    decided = [p_below(rng.normal(centre, spread, 12 + more).tolist(), 0.05) <= 0.025 for _ in range(200)]
    assert 0.3 < np.mean(decided) < 0.95


def test_an_unknown_metric_is_refused_with_those_there_are():
    """A mistyped metric never becomes a gate on nothing."""
    with pytest.raises(ValueError, match=r"there are loss_ratio, .*, ns_per_event"):
        gated("epoll", "ns_per_evnt")


def test_the_forecast_is_the_fewest_that_would_decide():
    """Counted out: stretched to one block less, the same spread does not decide."""
    seen = np.random.default_rng(2).normal(0.0, 0.08, 12)
    total = 12 + more_blocks(seen.tolist(), 0.05, 0.025, 0.025)

    def decides(count):
        places = (np.arange(count) + 0.5) / count * 12 - 0.5  # where each stands among the sorted twelve
        stretched = np.interp(places, np.arange(12), np.sort(seen)).tolist()
        return p_above(stretched, 0.05) <= 0.025 or p_below(stretched, 0.05) <= 0.025

    assert decides(total)
    assert not decides(total - 1)
