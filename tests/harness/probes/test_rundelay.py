"""Waiting for a CPU: told where the kernel counts it, absent with the reason where it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.probes.process import RunDelayProbe, no_run_delay


def test_two_that_want_one_cpu_wait_for_it() -> None:
    """Beside a process that spins on the same CPU, this one waits for a part of the time that it spins."""
    before = os.sched_getaffinity(0)
    cpu = min(before)
    os.sched_setaffinity(0, {cpu})
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])  # it inherits the CPU
    try:
        probe = RunDelayProbe()
        probe.start()
        for _ in range(10_000_000):
            pass
        found = probe.stop(1).metrics
        assert 0.01 < found["run_delay_s"] < found["watched_s"]
    finally:
        other.kill()
        other.wait()
        os.sched_setaffinity(0, before)


def test_a_kernel_that_does_not_count_it_leaves_it_absent(tmp_path: Path) -> None:
    """No schedstat: no 0, but the reason."""
    probe = RunDelayProbe(tmp_path / "schedstat")
    probe.start()
    found = probe.stop(1)
    assert found.metrics == {}
    assert list(found.absent) == ["run_delay_s", "watched_s"]
    assert "CONFIG_SCHED_INFO" in found.absent["run_delay_s"]


def test_says_why_it_is_unsupported(tmp_path: Path) -> None:
    """What doctor shows."""
    assert no_run_delay(tmp_path / "schedstat") is not None
