"""`bench capacity` on the real kernel, with loads that are low enough for any machine."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from tests.kernel.bench import bench, start

# These are about what is said and kept, on a machine however busy.
ANYWHERE = ("--foreign-limit", "1", "--steal-limit", "1")
SHORT = (
    "--mode",
    "null",
    "--ring-size",
    "64K",
    "--quick",
    "--least",
    "2000",
    "--most",
    "8000",
    "--no-curve",
    "--no-beyond",
    *ANYWHERE,
)


def rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_a_consumer_that_takes_all_takes_at_least_the_highest_load(tmp_path: Path) -> None:
    """At 8,000 drops a second nothing is lost, and no more is claimed than was offered."""
    ended = bench("capacity", *SHORT, "--out", tmp_path / "c.jsonl")
    assert ended.returncode == 0, ended.stderr
    assert "at least" in ended.stdout
    assert "NDR ?–?" in ended.stderr


def test_an_interrupted_search_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    """Ctrl-C after the first trial: --resume keeps it, and ends as if there had been no interruption.

    Trials of one search do not answer another's questions: a plan that differs is refused.
    """
    out = tmp_path / "c.jsonl"
    running = start("capacity", *SHORT, "--out", out)
    deadline = time.monotonic() + 60
    while not (out.exists() and len(out.read_bytes().splitlines()) >= 2) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 130
    before = rows(out)
    ended = bench("capacity", *SHORT, "--out", out, "--resume")
    assert ended.returncode == 0, ended.stderr
    after = rows(out)
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert [row["number"] for row in after if row["type"] == "trial"] == list(range(len(after) - 1))
    other = bench("capacity", *SHORT, "--loss", "1", "--out", out, "--resume")
    assert other.returncode == 2
    assert "another plan" in other.stderr


def test_a_stalled_consumer_loses_what_the_ring_cannot_hold(tmp_path: Path) -> None:
    """5,000 drops a second for 100 ms are 500: 16 KiB hold them, the advice finds a size whose half is too small."""
    out = tmp_path / "a.jsonl"
    ended = bench(
        "capacity",
        "--advise",
        "--mode",
        "null",
        "--rate",
        "5000",
        "--stall",
        "100",
        "--trials",
        "1",
        *ANYWHERE,
        "--out",
        out,
    )
    assert ended.returncode == 0, ended.stderr
    assert "to survive a stall of 100 ms" in ended.stdout
    stalled = [row for row in rows(out) if row["type"] == "trial"]
    assert all(row["metrics"]["stall_s"] >= 0.1 for row in stalled)
    advised = [row for row in stalled if row["ring_size_bytes"] >= 16 << 10 and row["metrics"]["stall_s"] < 0.12]
    assert any(row["lost"] == 0 for row in advised)
    assert any(row["lost"] > 0 for row in stalled if row["ring_size_bytes"] <= 8 << 10)


def test_advice_needs_a_rate_and_a_stall(tmp_path: Path) -> None:
    """Nothing is guessed."""
    ended = bench("capacity", "--advise", "--mode", "null", "--out", tmp_path / "a.jsonl")
    assert ended.returncode == 2
    assert "--rate" in ended.stderr
