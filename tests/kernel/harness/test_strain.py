"""Strain from outside: no memory, a busy CPU, a clock that jumps, and another bench at once."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.wishes import expand_modes
from tests.kernel.bench import PATIENCE, command, surroundings
from tests.kernel.endurance import endure
from tests.kernel.groups import folder_for_groups
from tests.kernel.harness.watched import QUIET_RUN, Watched

LOADED = (*QUIET_RUN, "--rate", "5000", "--trials", "1", "--json")
ONE_TRIAL = (*LOADED, "--duration", "0.5")
GREEDY = """
from modes import Mode
class Greedy(Mode):
    hoard = []
    def take(self, samples):
        self.hoard.append(bytearray(64 << 20))
        self.consumed += len(samples)
"""


@contextlib.contextmanager
def memory_group(limit_bytes: int) -> Iterator[Path]:
    """Make a control group with a memory limit."""
    group = folder_for_groups("memory") / f"bench-fault-{os.getpid()}"
    try:
        group.mkdir()
        limits = (group / "memory.max", group / "memory.limit_in_bytes")  # versions 2 and 1
        next(limit for limit in limits if limit.exists()).write_text(str(limit_bytes))
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        pytest.skip(f"no control group with a memory limit can be made here: {error}")
    try:
        yield group / "cgroup.procs"
    finally:
        deadline = time.monotonic() + 5 * PATIENCE
        while (group / "cgroup.procs").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        group.rmdir()


@pytest.fixture
def greedy(tmp_path: Path) -> Path:
    path = tmp_path / "greedy.py"
    path.write_text(GREEDY)
    return path


@pytest.mark.may_skip("control groups may not be ours to make")
def test_a_consumer_that_the_kernel_kills_for_memory_makes_its_trial_invalid(tmp_path: Path, greedy: Path) -> None:
    """Injects the out-of-memory killer: a group of 400 MiB, and a mode that takes more with each batch."""
    with (
        memory_group(400 << 20) as group,
        Watched(*LOADED, "--duration", 5 * PATIENCE, "--mode", greedy, "--out", tmp_path / "out") as run,
    ):
        pid = run.await_worker("consumer")
        group.write_text(str(pid))
        assert run.finish() == 5, run.stderr
        assert run.left_behind() == []
    (row,) = (json.loads(line) for line in run.stdout.splitlines())
    assert "the consumer was killed by SIGKILL" in row["invalid_because"]


def test_a_mode_that_runs_into_a_limit_makes_its_trial_invalid(tmp_path: Path, greedy: Path) -> None:
    """Injects RLIMIT_AS of 1.5 GiB: the mode's MemoryError is told."""
    greedy.write_text(GREEDY.replace("64 << 20", "2 << 30"))
    limited = ("prlimit", f"--as={3 << 29}")
    with Watched(*ONE_TRIAL, "--mode", greedy, "--out", tmp_path / "out", wrapper=limited) as run:
        assert run.finish() == 5, run.stderr
        assert run.left_behind() == []
    (row,) = (json.loads(line) for line in run.stdout.splitlines())
    assert "MemoryError" in row["invalid_because"][0]


@pytest.mark.may_skip("control groups may not be ours to make")
def test_a_ring_for_which_there_is_no_memory_is_refused(tmp_path: Path) -> None:
    """Injects a group of 300 MiB around all of bench, which asks for a ring of 1 GiB."""
    with memory_group(300 << 20) as group:
        into_group = ("sh", "-c", f'echo $$ >{group} && exec "$@"', "sh")
        with Watched(
            *ONE_TRIAL, "--mode", "null", "--ring-size", "1G", "--out", tmp_path / "out", wrapper=into_group
        ) as run:
            assert run.finish() == 4, run.stderr
            assert run.left_behind() == []
    assert "memory" in run.stderr or "killed by SIGKILL" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_busy_cpu_leaves_the_ledger_exact(tmp_path: Path) -> None:
    """Injects a process that spins on each CPU: slower, perhaps with losses, and still every drop is accounted for."""
    spin = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", spin, str(cpu)]) for cpu in os.sched_getaffinity(0)]
    try:
        with Watched(*ONE_TRIAL, "--mode", "null,file", "--ring-size", "16K", "--out", tmp_path / "out") as run:
            assert run.finish(timeout_s=120) == 0, run.stderr
    finally:
        for process in spinning:
            process.kill()
            process.wait()
    for row in map(json.loads, run.stdout.splitlines()):
        assert row["offered"] == row["consumed"] + row["lost"] > 0


@pytest.mark.parametrize("jump_s", [-86400, pytest.param(86400, marks=pytest.mark.slow)])
def test_a_wall_clock_that_jumps_changes_no_count_and_no_duration(tmp_path: Path, jump_s: int) -> None:
    """Injects a jump of a day at each reading of the wall clock, in a faked Python; the host's clock is not set."""
    faked = tmp_path / "python"  # for the workers, whose PYTHONPATH is not the user's
    faked.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    faked.chmod(0o755)
    (tmp_path / "sitecustomize.py").write_text(
        "import time, datetime\n"
        "real_time, real_get, calls = time.time, time.clock_gettime_ns, [0]\n"
        "def jump():\n"
        f"    calls[0] += 1; return {jump_s} * calls[0]\n"
        "time.time = lambda: real_time() + jump()\n"
        "time.clock_gettime_ns = lambda c: real_get(c) + (jump() * 10**9 if c == time.CLOCK_REALTIME else 0)\n"
        f"import sys; sys.executable = {str(faked)!r}\n"
    )
    environment = surroundings()
    environment["PYTHONPATH"] = f"{tmp_path}:{environment['PYTHONPATH']}"
    words = command(*ONE_TRIAL, "--mode", "null,file", "--out", tmp_path / "out")
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120 * PATIENCE, check=False)
    assert ended.returncode == 0, ended.stderr
    for row in map(json.loads, ended.stdout.splitlines()):
        assert row["sent"] == row["consumed"] > 0
        assert 0.3 < (row["last_offered_ns"] - row["first_offered_ns"]) / 1e9 < 2


@pytest.mark.slow
def test_two_at_once_stay_exact_and_leave_nothing(tmp_path: Path) -> None:
    """Injects a second bench while the first is sending; it says that it is not alone."""
    words = (*QUIET_RUN, "--rate", "2000", "--trials", "1", "--json", "--mode", "null")
    with Watched(*words, "--duration", "4", "--out", tmp_path / "out") as first:
        first.await_stage("send")
        with Watched(*words, "--duration", "0.5", "--out", tmp_path / "out") as second:
            assert second.finish() == 0, second.stderr
            assert first.finish() == 0, first.stderr
            assert second.left_behind() == first.left_behind() == []
    assert f"process {first.process.pid}" in second.stderr
    for run in (first, second):
        (row,) = (json.loads(line) for line in run.stdout.splitlines())
        assert row["sent"] == row["consumed"] > 0


@pytest.mark.parametrize("trials", [3, pytest.param(15, marks=pytest.mark.slow)])
def test_trials_in_a_row_leak_nothing(trials: int) -> None:
    """Descriptors, threads, children, namespaces, programs and maps at the end are as at the beginning."""
    assert endure(["null", "aggregate", "file"], trials, 1.0, 400.0, lambda _row: None) == []


@pytest.mark.slow
def test_seconds_at_the_highest_rate_are_exact_and_flat() -> None:
    """Every mode twice, for a second each: the ledgers balance, and nothing more is held at the end."""
    modes = expand_modes("all")
    assert endure(modes, len(modes), 1.0, None, lambda _row: None) == []
