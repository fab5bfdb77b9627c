"""What the collector's probe tells of collections that really happen."""

from __future__ import annotations

import gc

import pytest

from harness.probes.collector import CollectorProbe


class Node:
    """Refers to itself: only the collector can free it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def probe():
    """Read from an empty youngest generation on; collections are as this process had them afterwards."""
    gc.collect()
    made = CollectorProbe()
    made.start()
    yield made
    gc.enable()


def test_cycles_are_collected_and_counted(probe: CollectorProbe) -> None:
    """Ten times as many cycles as start a run: about ten runs, most cycles collected, and pauses that add up.

    How many start one, the version decides: 700 up to Python 3.12, 2,000 from 3.13 on.
    """
    threshold = gc.get_threshold()[0]
    for _ in range(10 * threshold):
        Node()
    found = probe.stop(10 * threshold).metrics
    assert 8 <= sum(found[f"gc_runs_gen{generation}"] for generation in range(3)) <= 11
    assert found["gc_collected"] > 5 * threshold
    assert 0 < found["gc_pause_max_s"] <= found["gc_pause_total_s"]


def test_no_runs_while_the_collector_is_off(probe: CollectorProbe) -> None:
    """The same cycles, the collector off: it ran 0 times, which is a count and not a gap."""
    gc.disable()
    for _ in range(10_000):
        Node()
    found = probe.stop(10_000).metrics
    assert [found[f"gc_runs_gen{generation}"] for generation in range(3)] == [0, 0, 0]
    assert found["gc_pause_total_s"] == 0


def test_a_long_pause_is_listed_with_its_moment(probe: CollectorProbe) -> None:
    """A collection over half a million objects takes more than 0.1 ms, and stands in the list once."""
    kept = [[] for _ in range(500_000)]
    gc.collect()
    found = probe.stop(len(kept))
    longest = max(found.series["gc_pauses"], key=lambda pause: pause[1])
    assert longest[1] == round(found.metrics["gc_pause_max_s"] * 1e9)
    assert longest[2] == 2


def test_leaves_no_callback_behind() -> None:
    """After it stopped, a collection costs what it did before; others' callbacks stay."""
    before = list(gc.callbacks)
    probe = CollectorProbe()
    probe.start()
    assert len(gc.callbacks) == len(before) + 1
    probe.stop(0)
    assert gc.callbacks == before


@pytest.mark.parametrize("incremental", [True, False], ids=["3.14.0 to 3.14.4", "all others"])
def test_a_collector_without_generations_has_no_runs_of_the_youngest(
    monkeypatch: pytest.MonkeyPatch, incremental: bool
) -> None:
    """Where it collects in increments, which it tells as generation 1, the others are absent, and not 0."""
    monkeypatch.setattr(gc, "get_threshold", lambda: (2000, 10, 0 if incremental else 10))
    probe = CollectorProbe()
    probe.start()
    found = probe.stop(0)
    assert {*found.absent} == ({"gc_runs_gen0", "gc_promoted"} if incremental else set())
    assert ("gc_runs_gen0" in found.metrics) is not incremental
    assert "gc_runs_gen1" in found.metrics


def test_what_grew_old_and_the_cpu_time_of_pauses_are_counted(probe: CollectorProbe) -> None:
    """A hundred thousand lists that stay, after two full collections, are in the oldest generation."""
    kept = [[] for _ in range(100_000)]
    gc.collect()
    gc.collect()
    found = probe.stop(len(kept)).metrics
    assert 100_000 <= found["gc_promoted"] < 110_000
    assert found["gc_cpu_s"] > 0
