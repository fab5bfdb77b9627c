"""The histogram against HdrHistogram's own implementation, and quantiles among events that were lost."""

from __future__ import annotations

import numpy as np
import pytest

from harness.probes.histogram import Histogram, quantiles

WANTED = (0.5, 0.9, 0.99, 0.999, 0.9999)


def histogram_of(*values: int) -> Histogram:
    made = Histogram()
    made.add(np.array(values, np.uint64))
    return made


def test_agrees_with_hdrhistogram() -> None:
    """Two hundred thousand log-normal ages: each percentile within the two digits that both promise."""
    oracle_of = pytest.importorskip("hdrh.histogram").HdrHistogram
    values = np.random.default_rng(1).lognormal(11, 2, 200_000).astype(np.uint64)
    ours, oracle = Histogram(), oracle_of(1, 1 << 44, 3)
    for part in np.array_split(values, 30):
        ours.add(part)
    for value in values.tolist():
        oracle.record_value(value)
    found = quantiles(ours.rows(), len(values), WANTED)
    expected = [oracle.get_value_at_percentile(wanted * 100) for wanted in WANTED]
    assert found == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("value", [1, 2, 127, 128, 129, 1_000, 65_535, 65_536, 10**9, 17 * 10**12])
def test_a_value_is_known_to_one_percent(value: int) -> None:
    """From a nanosecond to almost five hours: the step that holds a value ends at most 0.8 % above it."""
    made = histogram_of(value, 2**44 - 1)
    (upper, count), _greatest = made.rows()
    assert count == 1
    assert value <= upper <= value * 1.008


def test_the_greatest_is_exact() -> None:
    """The maximum is no step's edge."""
    made = histogram_of(5, 1_234_567)
    assert made.greatest_ns == 1_234_567
    assert made.rows()[-1] == (1_234_567, 1)


def test_nothing_is_lost_between_calls() -> None:
    """Values added in many calls are all counted, an empty call among them."""
    made = histogram_of()
    for number in range(100):
        made.add(np.full(number, number, np.uint64))
    assert sum(count for _, count in made.rows()) == sum(range(100))


def test_a_lost_event_is_older_than_all() -> None:
    """Of ten offered and eight consumed the 80th percentile is the oldest consumed, and the 81st is infinite."""
    rows = [(100, 4), (200, 4)]
    assert quantiles(rows, 10, (0.4, 0.41, 0.8, 0.81, 1.0)) == [100, 200, 200, None, None]


def test_nothing_has_no_quantiles() -> None:
    """No events, no ages: not 0."""
    assert quantiles([], 0, (0.5,)) == [None]
