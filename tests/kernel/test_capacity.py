"""`bench capacity` on the real kernel, with loads that are low enough for any machine."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from tests.kernel.bench import bench, start

SHORT = ("--mode", "null", "--ring-size", "64K", "--quick", "--least", "2000", "--most", "8000", "--no-curve")


def rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_a_consumer_that_takes_all_takes_at_least_the_highest_load(tmp_path: Path) -> None:
    """At 8,000 drops a second nothing is lost, and no more is claimed than was offered."""
    ended = bench("capacity", *SHORT, "--out", tmp_path / "c.jsonl")
    assert ended.returncode == 0, ended.stderr
    assert "at least" in ended.stdout
    assert "NDR ?–?" in ended.stderr


def test_an_interrupted_search_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    """Ctrl-C after the first trial: --resume keeps it, and ends as if there had been no interruption."""
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


def test_resuming_another_plan_is_refused(tmp_path: Path) -> None:
    """Trials of one search do not answer another's questions."""
    out = tmp_path / "c.jsonl"
    assert bench("capacity", *SHORT, "--out", out).returncode == 0
    ended = bench("capacity", *SHORT, "--loss", "1", "--out", out, "--resume")
    assert ended.returncode == 2
    assert "another plan" in ended.stderr
