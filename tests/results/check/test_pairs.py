"""Pairs: their orders, their value, and false alarms on simulated machines of every kind."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from results.check.blocks import coin, window_order
from results.check.pairs import pair_value, warm_up_of
from results.statistics.midmean import midmean
from results.statistics.signed_rank import p_above
from tests.results.check.pairs_simulated import MACHINES, alarms, disturbs, drift, value, warms_up

PAIRS = 6
# With six pairs, W+ of 19 and more has a chance of exactly 3 / 64: the nearest to 5 %.
LEVEL = 3 / 64


def likely(chance, gates):
    """Return how many of so many gates are at most 4 standard deviations above what is expected."""
    return gates * chance + 4 * (gates * chance * (1 - chance)) ** 0.5


@pytest.mark.parametrize("gates", [200, pytest.param(3000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_no_machine_raises_more_false_alarms_than_alpha(machine, gates):
    """A against A: drift, steps, tails, who wins first, who disturbs whom, warming up: all the same."""
    assert alarms(machine, gates, PAIRS, LEVEL) <= likely(LEVEL, gates)


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_at_the_margin_itself_there_are_no_more(machine):
    """B is slower by just what is allowed."""
    assert alarms(machine, 600, PAIRS, LEVEL, effect=log(1.05)) <= likely(LEVEL, 600)


@pytest.mark.parametrize("machine", [drift, disturbs, warms_up], ids=lambda machine: machine.__name__)
def test_a_start_that_no_coin_decides_is_found_out(machine):
    """A always started first: what its place does to a process is taken for what its code does, and it shows."""
    assert alarms(machine, 100, PAIRS, LEVEL, starts=lambda _seed, _block: "A") > likely(LEVEL, 100)


def test_windows_that_no_coin_orders_are_found_out():
    """A first in each two windows: a machine that grows slower makes B slower, gate for gate."""

    def slower(ran):
        return 0.4 * ran.place / len(ran.place) + ran.rng.normal(0, 0.005, len(ran.place))

    assert alarms(slower, 100, PAIRS, LEVEL) <= likely(LEVEL, 100)
    assert alarms(slower, 100, PAIRS, LEVEL, orders=lambda _s, _b, windows: ("A", "B") * windows) > likely(LEVEL, 100)


def test_orders_are_the_coins():
    """Four by four, of each arm as many; a pair's orders do not follow from its start, nor from another pair's."""
    order = window_order(3, 5, 40)
    assert len(order) == 80
    assert order.count("A") == 40
    fours = ["".join(order[at : at + 4]) for at in range(0, 80, 4)]
    assert set(fours) == {"ABBA", "BAAB"}
    agree = sum(window_order(seed, 1, 2)[0] == coin(seed, 1)[0] for seed in range(4000))
    assert abs(agree - 2000) < 130
    agree = sum(window_order(3, block, 2) == window_order(3, block + 1, 2) for block in range(4000))
    assert abs(agree - 2000) < 130


def test_a_pairs_value_is_odd_and_moves_with_the_effect():
    """Arms exchanged it changes its sign, and B slower by a factor adds its logarithm, whatever was left out."""
    rng = np.random.default_rng(4)
    a, b = (np.exp(rng.standard_t(2, 40) * 0.05 + 0.5 * (np.arange(40) < 6)) for _ in "ab")
    found, mirrored, moved = pair_value(a, b), pair_value(b, a), pair_value(a, 1.3 * b)
    assert found.warm_up == mirrored.warm_up == moved.warm_up == 6
    assert mirrored.value == pytest.approx(-found.value)
    assert moved.value == pytest.approx(found.value + log(1.3))


def test_place_and_drift_cancel_in_each_four():
    """Windows that grow dearer by 1 % each, and the first of two dearer by a tenth, leave a ratio of one."""
    order = window_order(9, 1, 20)
    took = {"A": [], "B": []}
    for place, arm in enumerate(order):
        took[arm].append(exp(0.01 * place + 0.1 * (place % 2)))
    assert pair_value(took["A"], took["B"]).value == pytest.approx(0, abs=1e-12)


def test_a_void_window_takes_its_four_with_it():
    """Of both arms, so that the order stays balanced; when most are gone there is no value, and it says so."""
    a, b = [100.0] * 20, [110.0] * 20
    a[7] = None
    found = pair_value(a, b)
    assert (found.value, found.void) == (pytest.approx(log(1.1)), 2)
    assert "4 of 20 windows" in pair_value([None] * 16 + a[16:], b).value


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0.5, 0.3, *[0.0, 0.01] * 10], 2),
        ([-0.5, *[0.0, 0.01] * 10], 1),
        ([*[0.0, 0.01] * 10, 0.5], 0),
        ([0.0, 0.5, *[0.0, 0.01] * 10], 0),
        ([0.5] * 10 + [0.0, 0.01] * 5, 10),
        ([0.5, 0.0, 0.0], 0),
    ],
    ids=["slower", "faster", "at the end", "not the first", "half at most", "too few to tell"],
)
def test_warm_up_is_found(levels, expected):
    """Windows at the beginning that are none of the usual ones, by Tukey's fences of the later half."""
    assert warm_up_of(levels) == expected


def test_the_midmean_is_steadier_than_a_mean_under_interruptions_and_than_a_median_without():
    """Why the midmean: spreads of 2,000 pairs, on a quiet machine and where one four of ten was cut off."""
    rng = np.random.default_rng(1)
    quiet = rng.normal(0, 0.01, (2000, 20))
    cut = quiet + rng.choice([-1, 1], quiet.shape) * rng.exponential(0.3, quiet.shape) * (rng.random(quiet.shape) < 0.1)
    spread = {
        (name, kind): np.std([summary(row) for row in rows.tolist()])
        for name, summary in (("midmean", midmean), ("mean", np.mean), ("median", np.median))
        for kind, rows in (("quiet", quiet), ("cut", cut))
    }
    assert spread["midmean", "quiet"] < 0.97 * spread["median", "quiet"]
    assert spread["midmean", "cut"] < 0.25 * spread["mean", "cut"]
    assert spread["midmean", "cut"] < 1.02 * spread["median", "cut"]


def test_a_true_difference_is_found():
    """B slower by 5 % on a machine that is drifting, stepping and warming up: found in most gates at no margin."""
    found = sum(
        p_above([value(machine, seed, block, effect=log(1.05)) for block in range(PAIRS)], 0.0) <= LEVEL
        for machine in MACHINES
        for seed in range(10)
    )
    assert found > 30
