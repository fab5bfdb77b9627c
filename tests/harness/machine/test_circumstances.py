"""What a run was started under is told; a run as it should be has nothing to tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
CODE = "import sys; from harness.machine.fingerprint import circumstances; print(circumstances())"


@pytest.mark.parametrize(
    ("command", "variables", "says"),
    [
        pytest.param([], {}, "[]", id="none"),
        pytest.param(["nice", "-n", "7"], {}, "['nice 7']", id="nice"),
        pytest.param(["chrt", "--idle", "0"], {}, "['SCHED_IDLE']", id="idle"),
        pytest.param(["chrt", "--batch", "0"], {}, "['SCHED_BATCH']", id="batch"),
        pytest.param([], {"PYTHONMALLOC": "malloc"}, "['PYTHONMALLOC=malloc']", id="allocator"),
        pytest.param([], {"PYTHONDEVMODE": "1"}, "['PYTHONDEVMODE=1']", id="development mode"),
        pytest.param([], {"PYTHONMALLOC": ""}, "[]", id="empty"),
    ],
)
def test_tells_what_a_run_was_started_under(command: list[str], variables: dict[str, str], says: str) -> None:
    """How it is scheduled, and what changes Python."""
    # Whatever this suite itself was started under.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "GLIBC"))}
    ended = subprocess.run(
        [*command, sys.executable, "-c", CODE],
        cwd=CHECKOUT, env={**environment, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if os.getpriority(os.PRIO_PROCESS, 0):
        pytest.skip("the suite itself runs under nice")
    assert ended.stdout.strip() == says
