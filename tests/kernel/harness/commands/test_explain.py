"""`bench explain` on the real kernel: its own modes consume exactly, and an experiment can be interrupted."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.kernel.bench import PATIENCE, bench_here, start, trials

# These are about what is taken and kept, on a machine however busy.
ANYWHERE = ("--foreign-limit", "1", "--steal-limit", "1")
MODES = ("absent", "pausing", "calling", "flushing", "null_same_cpu", "file_same_cpu")


@pytest.mark.slow
def test_the_modes_of_the_experiment_balance(tmp_path: Path) -> None:
    """They differ from null and file in what they do between events, never in which events they take."""
    ended = bench_here(
        "run", "--mode", ",".join(f"harness.explain.{name}" for name in MODES), "--reader", "callback",
        "--rate", "5000", "--duration", "0.3", "--trials", "1", "--pass", "timed", "--json",
        *ANYWHERE, "--out", tmp_path / "r.jsonl",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    rows = trials(ended.stdout)
    assert len(rows) == len(MODES)
    for row in rows:
        assert row["sent"] == row["offered"] == row["consumed"] > 0


@pytest.mark.slow
def test_an_interrupted_experiment_can_go_on(tmp_path: Path) -> None:
    """Ctrl-C keeps the trials so far; the same plan is taken up after them, and another is refused."""
    out = tmp_path / "e.jsonl"
    running = start("explain", "--blocks", "6", "--duration", "0.2", *ANYWHERE, "--out", out)
    deadline = time.monotonic() + 60 * PATIENCE
    while not (out.exists() and len(out.read_bytes().splitlines()) >= 3) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60 * PATIENCE)
    assert running.returncode == 130
    kept = [json.loads(line) for line in out.read_text().splitlines()]
    assert all(row["valid"] for row in kept if row["type"] == "trial")
    again = bench_here("explain", "--blocks", "7", "--duration", "0.2", "--out", out, "--resume")
    assert again.returncode == 2
    assert "another plan" in again.stderr


def test_too_few_blocks_are_refused_at_once(tmp_path: Path) -> None:
    """Nothing is run that could not decide anything."""
    ended = bench_here("explain", "--blocks", "3", "--out", tmp_path / "e.jsonl")
    assert ended.returncode == 2
    assert "--blocks" in ended.stderr
    assert not (tmp_path / "e.jsonl").exists()
