"""How a backlog develops, from looks at the ring."""

from __future__ import annotations

import pytest

from harness.probes.backlog import FEWEST, growth_per_s

TENTHS = [0.2 + n / 10 for n in range(12)]


@pytest.mark.parametrize(
    ("unread", "growth"),
    [
        ([100] * 12, 0),
        ([1000 * n for n in range(12)], 10_000),
        ([0] * 5 + [30_000] + [0] * 6, 0),
        ([1000 * n for n in range(12, 0, -1)], -10_000),
    ],
    ids=["steady", "growing", "one late turn", "shrinking"],
)
def test_growth(unread: list[int], growth: float) -> None:
    """Events per second by which the backlog grows; a single peak is no growth."""
    assert growth_per_s(list(zip(TENTHS, unread, strict=True))) == pytest.approx(growth)


def test_few_looks_tell_no_trend() -> None:
    """A short trial states none, instead of a wrong one."""
    assert growth_per_s([(0.1, 0)] * (FEWEST - 1)) is None
