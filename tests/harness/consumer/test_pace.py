"""How long to sleep between two looks at the ring."""

from __future__ import annotations

import pytest

from harness.consumer.waits import Pace

MS = 1_000_000


@pytest.mark.parametrize(
    ("events_per_second", "longest_ms"),
    [(0, 5.0), (1_000, 5.0), (1_000_000, 5.0), (10_000_000, 0.85), (100_000_000, 0.085)],
)
def test_a_pause_fills_no_more_than_a_part_of_the_ring(events_per_second: int, longest_ms: float) -> None:
    """Slow loads leave the latency budget, fast ones what a quarter of 32,767 records lasts."""
    pace = Pace(32_767, 5 * MS)
    pause_s = pace.pause_s(events_per_second // 1000, MS, 0)
    assert pause_s * 1000 <= longest_ms
    assert pause_s * 1000 >= longest_ms * 0.9


def test_the_time_that_a_pass_took_counts() -> None:
    """The ring fills while the mode works: a mode that needs the whole pause gets none."""
    pace = Pace(32_767, 5 * MS)
    assert pace.pause_s(1, MS, 2 * MS) == pytest.approx(0.003)
    assert pace.pause_s(1, MS, 9 * MS) == 0


def test_a_burst_is_remembered_for_a_while() -> None:
    """After one fast pass the next pauses are short too, and in the end as long as before."""
    pace = Pace(32_767, 5 * MS)
    pace.pause_s(50_000, MS, 0)
    after = [pace.pause_s(10, MS, 0) for _ in range(400)]
    assert after[0] < 0.0002
    assert after == sorted(after)
    assert after[-1] == pytest.approx(0.005)


def test_a_small_ring_is_looked_at_before_a_burst_could_fill_it() -> None:
    """A ring of one page holds 127 records: no latency budget makes it wait for milliseconds."""
    assert Pace(127, 5 * MS).pause_s(0, MS, 0) < 0.0001


@pytest.mark.parametrize(("found", "elapsed_ns", "fast"), [(1, 1 * MS, False), (1, MS // 10, True), (500, MS, True)])
def test_a_nap_is_worth_it_when_it_brings_events_together(found: int, elapsed_ns: int, fast: bool) -> None:
    """An event each millisecond is worth a wakeup each; one each tenth of it is not."""
    assert Pace(32_767, MS // 2).is_fast(found, elapsed_ns) is fast
