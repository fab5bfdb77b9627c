"""What `bench run` measures of modes whose costs are known."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from results.file import read
from tests.kernel.bench import bench, bench_here, trials
from tests.kernel.harness.probes.modes import CYCLIC, DELAYING, NAPPING
from tests.timing import asserts_ratio


@pytest.fixture
def mode(tmp_path: Path):
    """Return a function that writes a mode's file and returns its path."""

    def write(source: str) -> Path:
        path = tmp_path / "mode.py"
        path.write_text(source)
        return path

    return write


def run(tmp_path: Path, mode: object, *words: object, seconds: float = 0.8, rate: int = 20_000) -> list[dict[str, Any]]:
    """Run one trial of each pass; the machine may be busy with other tests."""
    load = () if "--drain" in words else ("--rate", rate, "--duration", seconds)
    ended = bench_here(
        "run", "--mode", mode, *load, "--trials", "1", "--json",
        "--foreign-limit", "1", "--out", tmp_path / "results.jsonl", *words,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return trials(ended.stdout)


def pass_of(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (row,) = [row for row in rows if row["pass"] == name and row["trial_kind"] == "load"]
    return row


def test_a_cyclic_object_an_event_is_seen_by_collector_and_allocations(tmp_path: Path, mode) -> None:
    """It is allocated once per event at least, and only the collector frees it: runs, pauses, thousands collected."""
    rows = run(tmp_path, mode(CYCLIC), "--pass", "timed,allocation")
    timed, allocation = pass_of(rows, "timed")["metrics"], pass_of(rows, "allocation")
    # One run for as many containers as the version of Python lets come (700, or 2,000 from 3.13 on).
    assert timed["gc_runs_gen0"] > pass_of(rows, "timed")["consumed"] / gc.get_threshold()[0] / 2
    assert timed["gc_collected"] > pass_of(rows, "timed")["consumed"] / 2
    assert timed["gc_pause_max_s"] > 0
    assert allocation["metrics"]["allocations_per_event"] >= 1
    site = next(site for site in allocation["series"]["allocation_sites"] if site["function"] == "on_record")
    assert site["allocations"] >= allocation["consumed"]


def test_with_the_collector_off_there_are_no_runs_and_the_objects_stay(tmp_path: Path, mode) -> None:
    """The same mode: 0 runs, counted, and at least a block kept for each event."""
    metrics = pass_of(run(tmp_path, mode(CYCLIC), "--pass", "timed", "--gc", "off"), "timed")["metrics"]
    assert metrics["gc_runs_gen0"] == metrics["gc_runs_gen1"] == metrics["gc_runs_gen2"] == 0
    assert metrics["blocks_retained_per_event"] >= 1


def test_a_nap_of_20_ms_each_second_shows_in_the_oldest_events(tmp_path: Path, mode) -> None:
    """Some events wait for up to 20 ms, and the oldest for nearly all of it."""
    metrics = pass_of(run(tmp_path, mode(NAPPING), "--pass", "latency", seconds=0.6), "latency")["metrics"]
    assert metrics["age_max_ns"] > 19e6
    assert metrics["age_p999_ns"] > 15e6
    assert metrics["age_p50_ns"] < metrics["age_p999_ns"]


@asserts_ratio("the youngest held events are older than the youngest others by the delay, to a fifth")
@pytest.mark.parametrize("reader", ["batch", "callback"])
def test_a_known_delay_shifts_the_ages_by_itself(tmp_path: Path, mode, reader: str) -> None:
    """Ten events per second, each held for 50 ms: the whole histogram begins just that much later.

    The youngest are compared, which met no other process; what a busy machine adds to the others is its own.
    """
    source = DELAYING
    if reader == "callback":
        source = source.replace("take(self, samples)", "on_record(self, ctx, data, size)")
        source = source.replace("len(samples)", "1\n        return self.halt")
    ages = {}
    for delay_s in (0.0, 0.05):
        path = mode(source.replace("DELAY_S", str(delay_s)))
        row = pass_of(run(tmp_path, path, "--pass", "latency", "--reader", reader, rate=10, seconds=0.8), "latency")
        ages[delay_s] = row["series"]["age_histogram"]
    quickest, held = ages[0.0][0][0], ages[0.05][0][0]
    assert held >= 50e6
    assert held - quickest == pytest.approx(50e6, rel=0.2)


@pytest.mark.slow
@asserts_ratio("a call per event costs ten times a batch")
def test_callback_and_batch_differ_as_they_are_made(tmp_path: Path) -> None:
    """The same drops drained: a Python call per event costs more CPU and allocates for each; a batch does neither."""
    rows = run(tmp_path, "epoll", "--reader", "both", "--drain", "100000", "--pass", "timed,allocation")
    found = {(row["reader"], row["pass"]): row["metrics"] for row in rows}
    assert found["callback", "timed"]["cpu_ns_per_event"] > 10 * found["batch", "timed"]["cpu_ns_per_event"]
    assert found["callback", "allocation"]["allocations_per_event"] > 1
    assert found["batch", "allocation"]["allocations_per_event"] < 0.1


def test_wakeups_and_returns_from_epoll_agree(tmp_path: Path) -> None:
    """The kernel and the loop count the same waits; each wakeup finds some records."""
    row = pass_of(run(tmp_path, "epoll", "--pass", "kernel", seconds=0.4), "kernel")
    metrics = row["metrics"]
    assert 0 < metrics["epoll_notified"] <= metrics["epoll_returns"] + 1
    assert metrics["syscalls"] >= metrics["epoll_notified"]
    assert metrics["records_per_wakeup"] == pytest.approx(row["consumed"] / metrics["wakeups"])
    assert 20 < metrics["program_ns_per_event"] < 100_000
    passes = sum(count for _, count in row["series"]["batch_lengths"])
    assert passes == pytest.approx(metrics["passes"], abs=3)


def test_ages_are_of_the_latency_pass_only(tmp_path: Path) -> None:
    """The timed pass does not pay for them; aggregate has none, with the reason."""
    rows = run(tmp_path, "null,aggregate", "--pass", "timed,latency", seconds=0.3)
    found = {(row["mode"], row["pass"]): row for row in rows}
    assert "age_p99_ns" not in found["null", "timed"]["metrics"]
    assert found["null", "latency"]["metrics"]["age_p99_ns"] > 0
    aged = sum(count for _, count in found["null", "latency"]["series"]["age_histogram"])
    assert aged == found["null", "latency"]["consumed"]
    assert "age_p99_ns" not in found["aggregate", "latency"]["metrics"]
    assert "counts" in found["aggregate", "latency"]["absent"]["age_p99_ns"]


def test_the_timeline_adds_up_to_the_trial(tmp_path: Path) -> None:
    """Rows of a tenth of a second, the last of which holds all that was offered and consumed."""
    row = pass_of(run(tmp_path, "null", "--pass", "timed", "--timeline", "0.1", seconds=0.6), "timed")
    timeline = row["series"]["timeline"]
    assert len(timeline) >= 5
    assert timeline[-1]["offered"] == row["offered"]
    assert timeline[-1]["consumed"] == row["consumed"]
    offered = [moment["offered"] for moment in timeline]
    assert offered == sorted(offered)


@pytest.mark.slow
def test_a_consumer_without_a_cpu_of_its_own_is_disturbed_and_counts(tmp_path: Path) -> None:
    """Processes that spin on both CPUs: status 0, the ledger exact, the share, the limit and the cure said."""
    others = [
        subprocess.Popen([sys.executable, "-c", f"import os\nos.sched_setaffinity(0, {{{cpu}}})\nwhile True: pass"])
        for cpu in sorted(os.sched_getaffinity(0))[:2]
    ]
    out = tmp_path / "results.jsonl"
    try:
        ended = bench(
            "run", "--mode", "null", "--rate", "1000", "--duration", "1", "--trials", "1", "--pass", "timed",
            "--out", out,
        )  # fmt: skip
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert ended.returncode == 0, ended.stderr
    (trial,) = read(out).trials
    assert trial.disturbed
    assert (trial.ledger.offered, trial.ledger.consumed, trial.ledger.lost) == (1000, 1000, 0)
    assert "more than --foreign-limit 10.0%" in ended.stderr
    said = " ".join(ended.stdout.split())
    assert "The machine was not quiet in 1 of 1 trials." in said
    assert "1, 1 disturbed" in said
