"""Samples from outside made into rows, and loss set beside pauses."""

from __future__ import annotations

import pytest

from harness.probes.timeline import Sample, near_pauses, ring_use, timeline

MS = 1_000_000


def sample(at_ms: int, **counts: int | None) -> Sample:
    known = {"offered": 0, "lost": 0, "unread": 0, "busy_ns": 0, "delay_ns": 0, "resident_bytes": 0, **counts}
    return Sample(since_ns=at_ms * MS, at_ns=at_ms * MS, **known)


def test_a_row_a_step_with_counts_since_the_start() -> None:
    """Two seconds at 1,000 drops per second, one in ten lost, in rows of half a second."""
    samples = [sample(ms, offered=ms, lost=ms // 10, unread=5, busy_ns=ms * MS // 2) for ms in range(0, 2001, 5)]
    rows = timeline(samples, 0, step_s=0.5)
    assert [row["t_s"] for row in rows] == [0.5, 1.0, 1.5, 2.0]
    assert [row["offered"] for row in rows] == [500, 1000, 1500, 2000]
    assert [row["lost"] for row in rows] == [50, 100, 150, 200]
    assert rows[-1]["consumed"] == 2000 - 200 - 5
    assert [row["cpu_s"] for row in rows] == [0.25, 0.5, 0.75, 1.0]


def test_pauses_of_the_collector_grow_with_the_time() -> None:
    """30 ms of pauses at 0.4 s and 20 ms more at 1.2 s, in rows of a second."""
    samples = [sample(ms) for ms in range(0, 2001, 5)]
    growth = [(400 * MS, 30 * MS), (1199 * MS, 30 * MS), (1200 * MS, 50 * MS), (2000 * MS, 50 * MS)]
    assert [row["gc_pause_s"] for row in timeline(samples, 0, growth)] == [0.03, 0.05]


def test_what_the_kernel_does_not_tell_is_not_in_a_row() -> None:
    """Without schedstat there is no CPU time in the timeline, and no 0 either."""
    samples = [sample(0, busy_ns=None, delay_ns=None), sample(1000, busy_ns=None, delay_ns=None)]
    (row,) = timeline(samples, 0)
    assert "cpu_s" not in row
    assert "run_delay_s" not in row


def test_loss_near_a_pause_is_told_from_other_loss() -> None:
    """A pause from 100 to 105 ms: 20 lost by 95 ms and 10 by 110 ms are near it, 10 lost by 300 ms are not."""
    growth = {95: 20, 110: 10, 300: 10}
    samples = [sample(ms, lost=sum(n for at, n in growth.items() if at <= ms)) for ms in range(0, 1001, 5)]
    found = near_pauses(samples, [(100 * MS, 5 * MS, 2)]).metrics
    assert found["loss_near_gc_ratio"] == 0.75
    assert found["time_near_gc_ratio"] == pytest.approx(0.025, abs=0.011)
    assert found["loss_near_deschedule_ratio"] == 0


def test_a_short_pause_explains_no_loss() -> None:
    """Collections of 20 us happen all the time; only what lasts a millisecond is set beside the losses."""
    samples = [sample(ms, lost=ms) for ms in range(0, 101, 5)]
    assert near_pauses(samples, [(50 * MS, 20_000, 0)]).metrics["loss_near_gc_ratio"] == 0


def test_a_wait_for_a_cpu_is_a_pause_too() -> None:
    """From 100 ms on the consumer was ready for 4 ms of 5 and had no CPU; all that was lost was lost then."""
    samples = [sample(ms, lost=50 if ms > 105 else 0, delay_ns=4 * MS if ms >= 105 else 0) for ms in range(0, 501, 5)]
    found = near_pauses(samples, []).metrics
    assert found["loss_near_deschedule_ratio"] == 1
    assert found["time_near_deschedule_ratio"] < 0.1


def test_without_loss_there_is_no_share_of_it() -> None:
    """0 of 0 is absent, with the reason."""
    found = near_pauses([sample(0), sample(5)], [])
    assert found.absent["loss_near_gc_ratio"] == "nothing was lost"
    assert "loss_near_gc_ratio" not in found.metrics


def test_how_full_the_ring_was() -> None:
    """Of a hundred samples one found a hundred records of 32 bytes, the others one."""
    samples = [sample(ms, unread=100 if ms == 50 else 1) for ms in range(100)]
    assert ring_use(samples, 32).metrics == {
        "ring_used_p50_bytes": 32, "ring_used_p99_bytes": 3200, "ring_used_max_bytes": 3200,
    }  # fmt: skip


def test_a_mode_without_a_ring_has_none_to_fill() -> None:
    """Aggregating: absent, with the reason."""
    assert "no ring" in ring_use([sample(0, unread=None)], 32).absent["ring_used_max_bytes"]


def test_pauses_that_nobody_listed_are_no_pauses_of_zero() -> None:
    """In the allocation pass the collector is not watched: nothing is said of it, and what waits for a CPU is."""
    found = near_pauses([sample(0), sample(5, lost=3)], None)
    assert {*found.metrics} == {"loss_near_deschedule_ratio", "time_near_deschedule_ratio"}
    assert not found.absent
