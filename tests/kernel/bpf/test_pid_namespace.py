"""In a container, processes are told by their numbers there, and those outside by none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bpf import pid_namespace
from bpf.pid_namespace import namespace_flags
from tests.kernel.bench import ALONE, CHECKOUT, command, surroundings
from tests.kernel.harness.commands.test_watch import SEND


@pytest.mark.own_mounts
@pytest.mark.parametrize(
    "test",
    [
        "bpf/test_process.py::test_counts_waits_and_what_ended_them",
        "harness/commands/test_watch.py::test_aggregates_by_reason_function_and_process",
    ],
)
def test_a_container_counts_its_own_processes_by_their_numbers_there(test: str) -> None:
    """What is counted and shown of a process outside a container is the same in one."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/kernel/{test}"]
    ended = subprocess.run([*ALONE, *words], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.slow
@pytest.mark.own_mounts
def test_a_process_outside_the_container_has_no_number_in_it() -> None:
    """It is no process of the container's that happens to have the number which the other has outside."""
    words = command("watch", "--duration", "1", "--reason", "NO_SOCKET")
    with subprocess.Popen(["unshare", "--net", sys.executable, "-c", SEND], stdout=subprocess.PIPE) as sender:
        assert sender.stdout is not None
        sender.stdout.readline()
        lines, objects, rows = (
            subprocess.run(
                [*ALONE, *words, *more], env=surroundings(), capture_output=True, text=True, check=True
            ).stdout.splitlines()
            for more in ((), ("--json",), ("--mode", "aggregate", "--json"))
        )
        sender.terminate()
    assert sum("| PID: elsewhere | Reason: NO_SOCKET" in line for line in lines) > 0
    assert sum(json.loads(line)["pid"] is None for line in objects) > 0
    outside = [row for row in map(json.loads, rows) if row["process"] == "(outside this container)"]
    assert sum(row["count"] for row in outside) > 0
    assert {row["pid"] for row in outside} == {None}


def test_the_first_namespace_and_a_kernel_without_any_need_no_translation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only a namespace within another costs its lookup."""
    first = os.stat_result((0, 0xEFFFFFFC, 4, *[0] * 7))
    monkeypatch.setattr(Path, "stat", lambda _path: first)
    assert namespace_flags() == []
    monkeypatch.undo()
    monkeypatch.setattr(pid_namespace, "OWN", tmp_path / "pid")
    assert namespace_flags() == []
