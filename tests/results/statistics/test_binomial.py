"""Exact bounds of a counted share, against scipy and by their definition."""

from __future__ import annotations

import pytest
from scipy import stats

from results.statistics.binomial import exact_bounds, exact_lower, exact_upper


@pytest.mark.parametrize(("hits", "trials"), [(0, 60), (1, 60), (3, 60), (29, 30), (30, 30), (7, 9), (250, 1000)])
def test_bounds_are_scipys_clopper_pearson(hits, trials):
    """The two-sided interval agrees with scipy's."""
    interval = stats.binomtest(hits, trials).proportion_ci(0.95, method="exact")
    assert exact_bounds(hits, trials) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_one_sided_bounds_leave_exactly_the_stated_chance():
    """At the bound, what was seen or less (or more) has the chance of 5 %."""
    assert stats.binom.cdf(2, 60, exact_upper(2, 60)) == pytest.approx(0.05)
    assert stats.binom.sf(28, 30, exact_lower(29, 30)) == pytest.approx(0.05)


def test_no_share_is_refused():
    """More hits than trials, or no trials, are a mistake of the caller."""
    for hits, trials in ((3, 2), (-1, 5), (0, 0)):
        with pytest.raises(ValueError, match="no share"):
            exact_upper(hits, trials)


@pytest.mark.parametrize(("hits", "trials"), [(1030, 1030), (0, 1030), (700, 1100), (2, 5000), (4990, 5000)])
def test_bounds_of_more_trials_than_a_float_has_room_for(hits, trials):
    """The coefficients are beyond 1e308; the interval is scipy's all the same."""
    interval = stats.binomtest(hits, trials).proportion_ci(0.95, method="exact")
    assert exact_bounds(hits, trials) == pytest.approx((interval.low, interval.high), abs=1e-10)
