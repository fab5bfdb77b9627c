"""The engine's cases, in a process of their own: Dask's environment holds other versions of what others import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.fleet.environment import packages

CASES = Path(__file__).with_name("engine_cases.py")


# An extra, which ./test --all installs.
@pytest.mark.skipif(not packages().is_dir(), reason="a fleet's engine, Dask, is not installed")
def test_its_cases_pass() -> None:
    """All of them, and there are some."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", CASES],
        capture_output=True, text=True, cwd=CASES.parents[3], check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
