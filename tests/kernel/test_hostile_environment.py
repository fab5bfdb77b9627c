"""A session in a hostile environment measures as ever, or says what Python could not take; it gives no verdict."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from tests.fuzz.test_environment import CHECKOUT, ENVIRONMENTS, FEW, FOLDERS, hostile, own
from tests.kernel.bench import PATIENCE
from tests.repository import git

__all__ = ["own"]
RUN = ("run", "--mode", "null", "--drain", "100", "--trials", "1", "--retries", "0", "--quiet", "--json")


@pytest.mark.slow
@settings(FEW, deadline=None, phases=[Phase.explicit, Phase.generate])  # each starts a session: nothing is shrunk
@given(environment=ENVIRONMENTS, files=FOLDERS)
def test_no_environment_makes_a_verdict_or_a_fault_of_a_session(
    own: dict[str, str],
    environment: dict[str, str],
    files: set[tuple[str, str]],
) -> None:
    """Consumers are run as the environment says, and where Python refuses that, its words are told with status 4."""
    with tempfile.TemporaryDirectory() as folder:
        hostile_path = hostile(Path(folder), files)
        ended = subprocess.run(
            [CHECKOUT / "bench", *RUN, "--out", f"{folder}/out"], capture_output=True, text=True, check=False,
            cwd=folder, env=own | environment | hostile_path, stdin=subprocess.DEVNULL, timeout=60 * PATIENCE,
        )  # fmt: skip
        if ended.returncode == 0:
            (trial,) = map(json.loads, ended.stdout.splitlines())
            assert trial["consumed"] == 100
            session = json.loads((Path(folder) / "out").read_text().splitlines()[0])
            assert session["host"]["commit"].removesuffix("-dirty") in git(CHECKOUT, "rev-parse", "HEAD")
        else:
            assert ended.returncode == 4, ended.stderr
            assert "Fatal Python error" in ended.stderr, ended.stderr
