"""What a test could have seen: by all patterns of signs, by the power that it has then, and for what is degenerate."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from results.statistics.power import detectable
from results.statistics.signed_rank import hodges_lehmann, p_above


def test_of_few_values_each_pattern_of_signs_is_gone_through():
    """An effect just above tells in 80 % of all 2**n tests that might have been, and one just below in fewer."""
    values = np.random.default_rng(3).standard_t(3, 8).tolist()
    found = detectable(values, 0.025, seed=1)
    noise = np.array(values) - hodges_lehmann(values)

    def share(effect):
        tests = [noise * signs + effect for signs in itertools.product((-1, 1), repeat=8)]
        return np.mean([p_above(test.tolist(), 0) <= 0.025 for test in tests])

    assert share(found * 1.0001) >= 0.8 > share(found * 0.9999)


@pytest.mark.parametrize("count", [7, 15, 40])
def test_it_moves_with_the_spread_and_not_with_the_effect(count):
    """Values twice as wide need twice the effect, and a constant added to all changes nothing."""
    values = np.random.default_rng(count).normal(0, 1, count)
    found = detectable(values.tolist(), 0.025, seed=1)
    assert detectable((2 * values).tolist(), 0.025, seed=1) == pytest.approx(2 * found)
    assert detectable((values + 5).tolist(), 0.025, seed=1) == pytest.approx(found)
    assert detectable(values.tolist(), 0.025, seed=1) == found


def test_a_stricter_test_sees_less_and_more_values_more():
    """As it must be."""
    values = np.random.default_rng(1).normal(0, 1, 40).tolist()
    assert detectable(values, 0.001, seed=1) > detectable(values, 0.025, seed=1)
    assert detectable(values[:10], 0.025, seed=1) > detectable(values, 0.025, seed=1)


def test_values_that_are_too_few_see_nothing_and_equal_ones_everything():
    """No effect is told by five values at 2.5 %, and any by ten that do not vary."""
    assert detectable([0.1, 0.2, 0.3, 0.4, 0.5], 0.025, seed=1) is None
    assert detectable([0.1] * 10, 0.025, seed=1) == pytest.approx(0.0, abs=1e-9)
