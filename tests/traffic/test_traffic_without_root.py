"""`bench traffic` for a user who may do nothing to the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from traffic.discovery import kind_names

NOBODY = 65534


def bench_traffic(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "traffic", *arguments]
    as_root = os.geteuid() == 0
    if as_root:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if as_root and "Permission denied" in done.stderr:
        pytest.skip("nobody may not read this checkout or this environment")
    return done


def test_the_kinds_are_listed_and_nothing_is_set_up() -> None:
    done = bench_traffic("--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["kind"] for row in rows] == kind_names()
    assert not any(row["set_up_tried"] for row in rows)


def test_verify_says_in_one_line_what_to_type() -> None:
    done = bench_traffic("--verify")
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert "traffic --verify needs root; " in done.stderr
    assert done.stderr.endswith("bench traffic --verify\n")
    assert done.stdout == ""
