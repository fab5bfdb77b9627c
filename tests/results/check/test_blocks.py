"""Blocks: the coin, the value of a block, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import exp, log

import pytest

from results.check.blocks import Block, blocks_of, coin, unusable
from results.check.gate import gated
from tests.results.check.blocks_made_up import SEED, comparison, setting, trial, trials_of

COUNT = gated("epoll", "bytes_written_per_event")
CPU = gated("epoll", "cpu_ns_per_event")


def block_of(values, hypothesis=COUNT, order="ABBA"):
    of = setting()
    made = [
        trial(i, 1, arm, of, metrics={hypothesis.metric.name: v})
        for i, (arm, v) in enumerate(zip(order, values, strict=True))
    ]
    return Block(1, comparison(of), tuple(made))


def test_the_coin_is_fair_and_recomputable():
    """Half of 10,000 blocks begin with A within four standard deviations, and known tosses stay as they are."""
    tosses = [coin(3, block)[0] for block in range(10_000)]
    assert abs(tosses.count("A") - 5000) < 200
    assert "".join(coin(2026, block)[0] for block in range(16)) == "BAABBAABAABABABB"
    assert set(map("".join, (coin(1, block) for block in range(50)))) == {"ABBA", "BAAB"}


def test_linear_drift_cancels():
    """A machine that slows down by the same factor from trial to trial leaves the value of a block at zero."""
    drifting = [100 * exp(0.3 * place) for place in range(4)]
    for order in ("ABBA", "BAAB"):
        assert block_of(drifting, CPU, order).difference(CPU) == (pytest.approx(0, abs=1e-12))


def test_a_blocks_value_is_the_difference_of_mean_logarithms():
    """The value is mean ln B less mean ln A."""
    expected = (log(3) + log(5)) / 2 - (log(2) + log(7)) / 2
    assert block_of([2, 3, 5, 7], CPU).difference(CPU) == pytest.approx(expected)


def test_zero_counts_have_a_ratio():
    """No allocations in both arms is a ratio of one; none against one is a thousandfold, not a failure."""
    assert block_of([0, 0, 0, 0]).difference(COUNT) == 0
    assert block_of([0, 1, 1, 0]).difference(COUNT) == pytest.approx(log(1001))


def test_loss_is_a_difference_in_shares():
    """1 % lost against 3 % lost is two percentage points, and nothing lost in both arms is none."""
    loss, of = gated("epoll", "loss_ratio"), setting("load")
    lost = {"A": 10, "B": 30}
    made = [trial(i, 1, arm, of, consumed=1000 - lost[arm], lost=lost[arm]) for i, arm in enumerate("ABBA")]
    assert Block(1, comparison(of), tuple(made)).difference(loss) == pytest.approx(0.02)


def test_a_metric_that_is_absent_or_has_no_ratio_says_so():
    """Absence and a time of zero give a reason, never a number."""
    assert "has no cpu_ns_per_event" in block_of([1, 1, 1, 1]).difference(CPU)
    assert "no ratio" in block_of([1, 0, 1, 1], CPU).difference(CPU)


def test_one_invalid_trial_sets_the_whole_block_aside():
    """Keeping the other three would choose by outcome."""
    made = trials_of(COUNT.metric.name, [(1, 1)])
    made[2] = replace(made[2], invalid_because=("steal",))
    (block,) = blocks_of([comparison()], partial(coin, SEED), made)
    assert block.whole
    assert not block.valid


def test_a_trial_that_got_another_load_sets_its_block_aside():
    """A generator that was held up offered too little; what an event cost then is not comparable."""
    made = trials_of(COUNT.metric.name, [(1, 1)])
    made[1] = replace(made[1], limited_by="generator")
    (block,) = blocks_of([comparison()], partial(coin, SEED), made)
    assert not block.valid
    assert "held up" in unusable(made[1])


def test_an_unfinished_block_does_not_count():
    """A block that an interruption cut short is not valid."""
    (block,) = blocks_of([comparison()], partial(coin, SEED), trials_of(COUNT.metric.name, [(1, 1)])[:3])
    assert not block.valid


def test_an_order_that_the_coin_did_not_give_is_refused():
    """Trials whose arms were swapped afterwards are found out."""
    made = [replace(t, arm={"A": "B", "B": "A"}[t.arm]) for t in trials_of(COUNT.metric.name, [(1, 2)])]
    with pytest.raises(ValueError, match="its coin said"):
        blocks_of([comparison()], partial(coin, SEED), made)


def test_a_setting_that_nobody_planned_is_refused():
    """A trial from elsewhere does not slip into a block."""
    with pytest.raises(ValueError, match="not among the settings"):
        blocks_of([comparison()], partial(coin, SEED), trials_of(COUNT.metric.name, [(1, 1)], of=setting(mode="busy")))
