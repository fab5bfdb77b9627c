"""Signed-rank sums over several hosts: against enumeration of all signs, and against scipy's permutation test."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from results.statistics.signed_rank import (
    hodges_lehmann,
    hodges_lehmann_over,
    lower_bound,
    lower_bound_over,
    p_above,
    p_above_over,
    p_below,
    p_below_over,
    upper_bound_over,
)


def drawn(counts: list[int], seed: int, effect: float = 0.3) -> list[list[float]]:
    """Hosts of unlike noise."""
    rng = np.random.default_rng(seed)
    return [rng.normal(effect, 10.0 ** (place - 1), count).tolist() for place, count in enumerate(counts)]


def rank_sum(values: np.ndarray) -> float:
    return float(stats.rankdata(np.abs(values))[values > 0].sum())


def p_by_counting_out(hosts: list[list[float]], threshold: float, lost: list[int]) -> float:
    """The share of all sign patterns whose sum is at least the one seen, to which a lost host adds nothing."""
    differences = [np.asarray(values) - threshold for values in hosts]
    seen = sum(map(rank_sum, differences))
    planned = [*differences, *(np.arange(1.0, count + 1) for count in lost)]
    signs = list(itertools.product((-1, 1), repeat=sum(map(len, planned))))
    cuts = np.cumsum([len(values) for values in planned])[:-1]
    sums = [
        sum(
            rank_sum(np.abs(values) * sign)
            for values, sign in zip(planned, np.split(np.array(each), cuts), strict=True)
        )
        for each in signs
    ]
    return sum(total >= seen for total in sums) / len(signs)


@pytest.mark.parametrize(
    ("counts", "lost"),
    [([3, 4], []), ([5, 5], []), ([2, 3, 4], []), ([1, 6], []), ([4], [4]), ([3, 3], [2]), ([], [4])],
)
def test_p_is_the_share_of_all_sign_patterns(counts: list[int], lost: list[int]) -> None:
    """The null by convolution is the enumeration of all 2^n patterns, lost hosts' too."""
    hosts = drawn(counts, seed=sum(counts))
    for threshold in (-0.5, 0.1, 0.4):
        assert p_above_over(hosts, threshold, lost) == pytest.approx(
            p_by_counting_out(hosts, threshold, lost), rel=1e-12
        )


@pytest.mark.parametrize("counts", [[4, 6], [3, 3, 5]])
def test_p_is_that_of_scipys_permutation_test(counts: list[int]) -> None:
    """All signs, gone through by scipy, of the same sum."""
    hosts = drawn(counts, seed=3)
    cuts = np.cumsum(counts)[:-1]

    def statistic(values: np.ndarray) -> float:
        return sum(map(rank_sum, np.split(values, cuts)))

    found = stats.permutation_test(
        (np.concatenate(hosts) - 0.2,), statistic, permutation_type="samples", alternative="greater",
        n_resamples=np.inf, vectorized=False,
    )  # fmt: skip
    assert p_above_over(hosts, 0.2) == pytest.approx(found.pvalue, rel=1e-12)


def test_one_host_is_the_test_of_one_host() -> None:
    """Test, estimate and interval of a single host are those that a check on one machine has."""
    ((*values,),) = drawn([11], seed=1)
    assert p_above_over([values], 0.1) == p_above(values, 0.1)
    assert p_below_over([values], 0.1) == p_below(values, 0.1)
    assert hodges_lehmann_over([values]) == hodges_lehmann(values)
    assert lower_bound_over([values], 0.03) == lower_bound(values, 0.03)


def test_no_host_is_ranked_among_another() -> None:
    """A host whose numbers are a thousand times as large says no more, and no less, than one whose are small."""
    small, large = drawn([6, 6], seed=8)
    assert p_above_over([small, large], 0.0) == p_above_over([small, [1000 * value for value in large]], 0.0)


@pytest.mark.parametrize("lost", [[], [5], [3, 2]])
@pytest.mark.parametrize("level", [0.05, 0.01])
def test_the_interval_ends_where_the_test_turns(lost: list[int], level: float) -> None:
    """The lower end is not rejected, what is below it is; the same above; neither is nearer where a host was lost."""
    hosts = drawn([5, 7, 6], seed=2)
    low, high = lower_bound_over(hosts, level, lost), upper_bound_over(hosts, level, lost)
    assert p_above_over(hosts, low, lost) > level >= p_above_over(hosts, low - 1e-9, lost)
    assert p_below_over(hosts, high, lost) > level >= p_below_over(hosts, high + 1e-9, lost)
    assert low <= lower_bound_over(hosts, level)
    assert high >= upper_bound_over(hosts, level)


def test_a_lost_host_makes_no_verdict_likelier() -> None:
    """Whatever a host had told, the p without it is at least as large: its own is 1."""
    hosts = drawn([6, 6, 6], seed=4)
    for threshold in np.linspace(-2, 2, 9).tolist():
        assert p_above_over(hosts[:2], threshold, [6]) >= p_above_over(hosts, threshold)
        assert p_below_over(hosts[:2], threshold, [6]) >= p_below_over(hosts, threshold)
    assert p_above_over([], 0.0, [6, 6]) == p_below_over([], 0.0, [6, 6]) == 1.0
    assert lower_bound_over([], 0.05, [6, 6]) == -np.inf


def test_ties_and_zeros_never_make_p_too_small() -> None:
    """Values on the threshold and equal ones leave the sum on the safe side."""
    sizes = [[1.0, 1.0, 0.0], [2.0, 2.0, 2.0, 0.0]]
    patterns = list(itertools.product((-1, 1), repeat=7))
    p_values = [
        p_above_over([[s * v for s, v in zip(signs[:3], sizes[0], strict=True)],
                      [s * v for s, v in zip(signs[3:], sizes[1], strict=True)]], 0.0)
        for signs in patterns
    ]  # fmt: skip
    for level in sorted(set(p_values)):
        assert np.mean([p <= level for p in p_values]) <= level + 1e-12


def test_hundreds_of_hosts_neither_overflow_nor_drift() -> None:
    """300 hosts of 10 blocks: near the normal limit of the sum."""
    rng = np.random.default_rng(6)
    hosts = rng.normal(0.03, 1.0, (300, 10)).tolist()
    total = sum(rank_sum(np.asarray(values)) for values in hosts)
    mean, sd = 300 * 10 * 11 / 4, (300 * 10 * 11 * 21 / 24) ** 0.5
    assert p_above_over(hosts, 0.0) == pytest.approx(stats.norm.sf((total - 0.5 - mean) / sd), rel=0.02)
