"""Beside noisy neighbours a run repeats what they disturb, ends with 0, and can be verified; and so after a kill."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.kernel.bench import PATIENCE, bench, start

RUN = ("run", "--mode", "null", "--rate", "1000", "--duration", "0.7", "--trials", "2", "--pass", "timed")


@pytest.fixture
def neighbours() -> Iterator[None]:
    """Keep every CPU busy."""
    spin = [sys.executable, "-c", "while True: pass"]
    spinning = [subprocess.Popen(spin) for _ in os.sched_getaffinity(0)]
    yield
    for process in spinning:
        process.kill()
        process.wait()


def trials(path: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [row for row in rows if row["type"] == "trial"]


@pytest.mark.slow
@pytest.mark.usefixtures("neighbours")
def test_a_run_beside_noisy_neighbours_repeats_and_passes(tmp_path: Path) -> None:
    """Twice the trials, each said, its ledgers exact; killed among the repetitions it goes on with the same steps."""
    path = tmp_path / "r.jsonl"
    going = start(*RUN, "--retries", "2", "--out", path)
    while len(trials(path)) < 3 and going.poll() is None:
        time.sleep(0.05)
    going.kill()
    going.communicate(timeout=30 * PATIENCE)
    ended = bench(*RUN, "--retries", "2", "--out", path, "--resume")
    assert ended.returncode == 0, ended.stderr
    assert "[repeating trial 1, at most 0 more]" in ended.stderr
    made = trials(path)
    assert [row.get("repeats") for row in made] == [None, None, 0, 1]
    assert all(row["sent"] == row["consumed"] and row["disturbed_because"] for row in made)
    assert all(row["sent"] >= 0.99 * 700 or row["limited_by"] == "generator" for row in made)
    assert "4, 4 disturbed" in bench("report", path).stdout
    assert bench("verify", path).returncode == 0


def test_a_consumer_that_is_killed_while_it_starts_is_started_once_more(tmp_path: Path) -> None:
    """The session goes on: an invalid trial, and the one that stands in for it."""
    path = tmp_path / "r.jsonl"
    going = start(*RUN, "--retries", "1", "--out", path)
    (consumer,) = processes_of(going.pid, "harness.consumer")
    os.kill(consumer, signal.SIGKILL)
    out, said = going.communicate(timeout=60 * PATIENCE)
    assert going.returncode == 0, said
    made = trials(path)
    assert [(row["valid"], row.get("repeats")) for row in made] == [(False, None), (True, None), (True, 0)]
    assert made[0]["invalid_because"] == ["the consumer was killed by SIGKILL"]
    assert "1 invalid" in out


def processes_of(parent: int, module: str) -> list[int]:
    """Wait for a process's children that run a module, before these can have said anything."""
    deadline = time.monotonic() + 30 * PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            found = [each.pid for each in psutil.Process(parent).children() if module in each.cmdline()]
            if found:
                return found
        time.sleep(0.001)
    raise AssertionError(f"no {module} was started")
