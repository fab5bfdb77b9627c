"""What bpftrace and perf really write about what they saw and lost: their own words, kept from runs under loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.tools import missing, recipes
from harness.tools.bpftrace import count_lines, count_of_map
from harness.tools.perf import count_samples
from results.peers import LIVE

# perf 6.1: 3,000 drops while it was stopped, one page of buffer. What it said: "lost 2 chunks", "lost 100.00%".
ALL_LOST = """
Aggregated stats:
           TOTAL events:       1554
            MMAP events:          1  ( 0.1%)
            LOST events:          2  ( 0.1%)
            COMM events:        159  (10.2%)
    LOST_SAMPLES events:          4  ( 0.3%)
  FINISHED_ROUND events:         14  ( 0.9%)
skb:kfree_skb stats:
    LOST_SAMPLES events:       3000
dummy:HG stats:
    LOST_SAMPLES events:        337
"""
SOME_LOST = ALL_LOST.replace("skb:kfree_skb stats:\n", "skb:kfree_skb stats:\n          SAMPLE events:      61234\n")
NONE_LOST = """
Aggregated stats:
           TOTAL events:       5012
          SAMPLE events:       5000  (99.8%)
skb:kfree_skb stats:
          SAMPLE events:       5000
"""


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        pytest.param(ALL_LOST, (0, 3000), id="all lost"),
        pytest.param(SOME_LOST, (61234, 3000), id="some lost"),
        pytest.param(NONE_LOST, (5000, 0), id="none lost"),
        pytest.param("\nAggregated stats:\n  TOTAL events:  7\n", (0, 0), id="nothing seen"),
    ],
)
def test_perfs_samples_are_counted_not_its_records_of_a_loss(said: str, counts: tuple[int, int]) -> None:
    """Of our event alone: the total counts records, and has the losses of others in it."""
    assert count_samples(said) == counts


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        pytest.param(b"Attaching 1 probe...\n7 Drop | P\nLost 48239 events\n8 Drop | P\n", (2, 48239), id="one"),
        pytest.param(b"Lost 5 events\n" * 3, (0, 15), id="several"),
        pytest.param(b"7 Drop | PID: 1 | Function: Lost 9 events\n", (1, 0), id="words of a line"),
        pytest.param(b"", (0, 0), id="nothing"),
    ],
)
def test_bpftraces_losses_stand_in_its_file(written: bytes, counts: tuple[int, int]) -> None:
    """With -o it writes them between the lines, and nothing to stderr."""
    assert count_lines(written) == counts


@pytest.mark.parametrize(
    ("said", "count"),
    [
        pytest.param("Attaching 1 probe...\n\n\n@[3]: 746012\n", 746012, id="one reason"),
        pytest.param("@[3]: 7\n@[65538]: 5\n", 12, id="several"),
        pytest.param("Attaching 1 probe...\n", 0, id="nothing"),
    ],
)
def test_bpftraces_own_counts_are_read(said: str, count: int) -> None:
    """A map that it prints when it ends."""
    assert count_of_map(said) == count


def test_a_tool_that_does_not_run_is_named_with_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is not installed, one ends at once with a complaint, one runs."""
    tools = {"bpftrace": "echo ERROR: no BTF here >&2; exit 1", "perf": "exec sleep 60"}
    for name, does in tools.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = {name: replace(recipe, start_s=0.5) for name, recipe in recipes(3, tmp_path).items()}
    assert sorted(found) == sorted(name for name in LIVE if " " not in name)
    why = missing(found)
    assert why == {name: "bpftrace does not run here: ERROR: no BTF here" for name in found if "bpftrace" in name}
    (tmp_path / "perf").unlink()
    monkeypatch.setenv("PATH", f"{tmp_path}:/nonexistent")
    assert missing({"perf-record": found["perf-record"]}) == {"perf-record": "perf is not installed"}
