"""What a fleet's engine takes while a trial runs: read from outside, of all its threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.probes.engine import EngineProbe

# One thread waits, another wakes a hundred times and works meanwhile.
BUSY = """
import sys, threading, time
def work():
    for _ in range(100):
        time.sleep(0.001)
        sum(range(10_000))
    print("done", flush=True)
input()
thread = threading.Thread(target=work)
thread.start()
thread.join()
input()
"""


def test_work_and_wakeups_of_every_thread_are_seen() -> None:
    """Of a thread that is not the first; a process that waits takes nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as told:
        assert told.stdin is not None
        assert told.stdout is not None
        probe = EngineProbe(told.pid)
        probe.start()
        told.stdin.write("\n")
        told.stdin.flush()
        assert told.stdout.readline() == "done\n"
        metrics = probe.stop(0).metrics
        told.stdin.write("\n")
    assert metrics["engine_cpu_ratio"] > 0
    assert metrics["engine_wakeups_per_s"] > 0


def test_one_that_has_ended_is_absent_and_not_zero(tmp_path: Path) -> None:
    """So it is without schedstat."""
    probe = EngineProbe(os.getpid(), tmp_path)
    probe.start()
    reading = probe.stop(0)
    assert reading.metrics == {}
    assert reading.absent["engine_cpu_ratio"] == "the engine has ended, or this kernel has no schedstat"


@pytest.mark.parametrize("missing", ["schedstat", "status"])
def test_a_thread_that_tells_nothing_is_left_out(tmp_path: Path, missing: str) -> None:
    """As one that ends while it is read."""
    task = tmp_path / "7/task/7"
    task.mkdir(parents=True)
    for name, text in (("schedstat", "5000 0 1\n"), ("status", "voluntary_ctxt_switches:\t3\n")):
        if name != missing:
            (task / name).write_text(text)
    probe = EngineProbe(7, tmp_path)
    probe.start()
    assert probe.stop(0).metrics == {}
