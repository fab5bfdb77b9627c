"""Ratios and their intervals, against independent references."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import pytest
from scipy.stats import mannwhitneyu

from results.statistics.ratio import _rank_sums, compare


@pytest.mark.parametrize(("m", "n"), [(1, 4), (2, 3), (4, 4), (3, 5)])
def test_the_rank_sum_counts_are_those_of_all_orders(m: int, n: int) -> None:
    """Counted by listing every order of m and n values."""
    counted: Counter[int] = Counter()
    for first in itertools.combinations(range(m + n), m):
        second = [place for place in range(m + n) if place not in first]
        counted[sum(y < x for x in first for y in second)] += 1
    assert _rank_sums(m, n) == tuple(counted[u] for u in range(m * n + 1))


def test_the_interval_inverts_the_rank_sum_test() -> None:
    """scipy's exact test rejects a shift just outside the interval, and not one just inside."""
    chance = random.Random(3)
    for _ in range(40):
        a = [chance.gauss(0, 1) for _ in range(7)]
        b = [chance.gauss(1, 2) for _ in range(6)]
        found = compare({i: [v] for i, v in enumerate(a)}, {-1 - i: [v] for i, v in enumerate(b)}, "difference")
        assert found is not None
        for end, outside in ((found.low, -1e-9), (found.high, 1e-9)):
            for step, rejected in ((outside, True), (-outside, False)):
                p = mannwhitneyu([x + end + step for x in a], b, method="exact").pvalue
                assert (p <= 0.05) == rejected


def test_shared_blocks_cancel_what_the_machine_did() -> None:
    """B is 10 % more in every block, while the blocks themselves drift fourfold: the interval stays at 10 %."""
    a = {block: [100.0 * 2 ** (block / 4)] for block in range(8)}
    b = {block: [values[0] * 1.1] for block, values in a.items()}
    found = compare(a, b, "ratio")
    assert found is not None
    assert found.paired
    assert (found.low, found.estimate, found.high) == pytest.approx((1.1, 1.1, 1.1))


@pytest.mark.parametrize(("m", "n", "confidence"), [(3, 3, 0.9), (2, 2, 1 - 2 / 6), (4, 4, 0.95)])
def test_too_few_trials_say_what_their_interval_is_worth(m: int, n: int, confidence: float) -> None:
    """With three a side the widest interval there is holds 90 %."""
    found = compare({i: [1.0 + i] for i in range(m)}, {-i - 1: [2.0 + i] for i in range(n)}, "ratio")
    assert found is not None
    assert found.confidence == pytest.approx(confidence)


def test_a_zero_has_no_ratio() -> None:
    """Nothing is some times zero."""
    assert compare({1: [0.0]}, {1: [2.0]}, "ratio") is None
    found = compare({1: [0.0]}, {1: [2.0]}, "difference")
    assert found is not None
    assert math.isclose(found.estimate, 2.0)
