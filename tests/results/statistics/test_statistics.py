"""The tests, estimates and intervals, against scipy, against all sign patterns counted out, and by simulation."""

from __future__ import annotations

import itertools
from math import log

import numpy as np
import pytest
from scipy import stats

from results.statistics.signed_rank import hodges_lehmann, holm, lower_bound, p_above, p_below, smallest_p, upper_bound


def p_by_counting_out(values, threshold):
    """The share of all sign patterns of the differences whose rank sum is at least the one seen (mid-ranks)."""
    differences = [v - threshold for v in values]
    ranks = stats.rankdata(np.abs(differences))
    seen = sum(r for r, d in zip(ranks, differences, strict=True) if d > 0)
    sums = [sum(itertools.compress(ranks, signs)) for signs in itertools.product((0, 1), repeat=len(values))]
    return sum(s >= seen for s in sums) / len(sums)


@pytest.mark.parametrize("count", [1, 2, 5, 9, 12])
def test_p_is_the_share_of_sign_patterns_at_least_as_extreme(count):
    """Without ties, p equals the enumeration of all 2**n patterns."""
    values = np.random.default_rng(count).normal(0.3, 1, count).tolist()
    assert p_above(values, 0.1) == pytest.approx(p_by_counting_out(values, 0.1), rel=1e-12)


@pytest.mark.parametrize("count", [6, 15, 30, 50])
def test_p_is_scipys(count):
    """Both directions agree with scipy's exact Wilcoxon test."""
    values = np.random.default_rng(count).standard_t(2, count)
    above = stats.wilcoxon(values - 0.2, alternative="greater", method="exact").pvalue
    below = stats.wilcoxon(values - 0.2, alternative="less", method="exact").pvalue
    assert p_above(values.tolist(), 0.2) == pytest.approx(above, rel=1e-9)
    assert p_below(values.tolist(), 0.2) == pytest.approx(below, rel=1e-9)


def test_p_of_hundreds_of_blocks_is_near_the_normal_limit():
    """Nothing overflows or drifts at 400 blocks."""
    values = np.random.default_rng(4).normal(0.08, 1, 400)
    limit = stats.wilcoxon(values, alternative="greater", method="approx").pvalue
    assert p_above(values.tolist(), 0.0) == pytest.approx(limit, rel=0.02)


@pytest.mark.parametrize("values", [[0.0] * 7, [1.0, -1.0, 2.0, 0.0, 0.0, 3.0], [2, 2, 2, -2, -2, 5, 0, -5]])
def test_ties_and_zeros_never_make_p_smaller_than_the_enumeration(values):
    """Values on the threshold and equal magnitudes leave the test on the safe side."""
    patterns = itertools.product((1, -1), repeat=len(values))
    magnitudes = [abs(v) for v in values]
    p_values = [p_above([s * m for s, m in zip(signs, magnitudes, strict=True)], 0.0) for signs in patterns]
    for level in sorted(set(p_values)):
        assert np.mean([p <= level for p in p_values]) <= level + 1e-12


def test_equal_values_above_the_threshold_give_the_smallest_p():
    """A count that is the same in every block decides in the fewest blocks there are."""
    assert p_above([log(2)] * 6, log(1.01)) == smallest_p(6) == 1 / 64
    assert p_below([0.0] * 6, log(1.01)) == 1 / 64
    assert p_above([0.0] * 6, 0.0) == p_below([0.0] * 6, 0.0) == 1.0


def test_the_estimate_is_the_median_of_all_pairwise_means():
    """An enumerated case: the means of 1, 2, 9 with themselves and one another."""
    assert hodges_lehmann([9, 1, 2]) == np.median([1, 2, 9, 1.5, 5, 5.5])


@pytest.mark.parametrize("count", [5, 8, 20])
@pytest.mark.parametrize("level", [0.05, 0.025, 0.004])
def test_interval_ends_are_where_the_test_turns(count, level):
    """The lower end is not rejected, anything below it is; the same above, mirrored."""
    values = np.random.default_rng(count).normal(0, 1, count).tolist()
    low, high = lower_bound(values, level), upper_bound(values, level)
    if smallest_p(count) > level:
        assert (low, high) == (float("-inf"), float("inf"))
        return
    assert p_above(values, low) > level >= p_above(values, low - 1e-9)
    assert p_below(values, high) > level >= p_below(values, high + 1e-9)


def test_interval_is_the_one_of_published_tables():
    """Hollander & Wolfe's depression scores (table 3.1): estimate -0.46, 96.1 % interval from -0.786 to -0.010."""
    before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    change = [b - a for a, b in zip(before, after, strict=True)]
    assert hodges_lehmann(change) == pytest.approx(-0.46, abs=1e-9)
    assert (lower_bound(change, 0.02), upper_bound(change, 0.02)) == pytest.approx((-0.786, -0.010), abs=1e-9)


@pytest.mark.parametrize("draw", ["normal", "cauchy", "two-point"])
def test_interval_covers_and_test_keeps_its_size(draw):
    """In 4,000 simulated gates with heavy tails too: no more misses than the level allows."""
    rng = np.random.default_rng(11)
    shape = (4000, 10)
    noise = {
        "normal": lambda: rng.normal(0, 1, shape),
        "cauchy": lambda: rng.standard_cauchy(shape),
        "two-point": lambda: rng.choice([-1.0, 1.0], shape),
    }[draw]()
    level = 0.05
    missed_below = np.mean([lower_bound(row, level) > 0 for row in noise.tolist()])
    missed_above = np.mean([upper_bound(row, level) < 0 for row in noise.tolist()])
    allowed = level + 3 * (level * (1 - level) / 4000) ** 0.5
    assert missed_below <= allowed
    assert missed_above <= allowed
    if draw != "two-point":
        assert missed_below > 0.03, "the test would be needlessly blind"


def test_holm_is_the_textbook_procedure():
    """An enumerated case: 0.01, 0.015 and 0.02 pass 0.05/4, 0.05/3 and 0.05/2; 0.2 fails 0.05."""
    steps = holm([0.2, 0.01, 0.02, 0.015], 0.05)
    assert [step.rejected for step in steps] == [False, True, True, True]
    assert [step.level for step in steps] == pytest.approx([0.05, 0.05 / 4, 0.05 / 2, 0.05 / 3])


def test_holm_stops_at_the_first_failure():
    """A p that would pass its own step is not rejected behind one that failed; both carry the level that failed."""
    steps = holm([0.04, 0.03], 0.05)
    assert [step.rejected for step in steps] == [False, False]
    assert [step.level for step in steps] == [0.025, 0.025]


def test_holm_keeps_the_family_wise_error():
    """Twelve true hypotheses that share their noise: one false rejection or more in at most alpha of 3,000 gates."""
    rng = np.random.default_rng(5)
    false_alarms = 0
    for _ in range(3000):
        shared = rng.normal(0, 1, (1, 12))
        rows = rng.normal(0, 1, (12, 12)) + shared
        false_alarms += any(step.rejected for step in holm([p_above(row, 0.0) for row in rows.tolist()], 0.05))
    assert false_alarms / 3000 <= 0.05 + 3 * (0.05 * 0.95 / 3000) ** 0.5


def test_values_that_are_no_numbers_are_refused():
    """NaN, infinity and an empty list raise, they do not become a verdict."""
    for values in ([], [1.0, float("nan")], [float("inf")]):
        with pytest.raises(ValueError, match="block"):
            p_above(values, 0.0)
