"""In a time namespace this process's clock is not the program's: ages and times of day stay true."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest

from results.file import read
from tests.kernel.bench import command, surroundings


@pytest.mark.parametrize("offset_s", [1000, pytest.param(-1, marks=pytest.mark.slow)])
def test_a_time_namespace_changes_no_age_and_no_time_of_day(tmp_path: Path, offset_s: int) -> None:
    """Ahead, an event was a thousand seconds old; behind, every one had the age 0; lines were as far off."""
    out, trace = tmp_path / "r.jsonl", tmp_path / "trace"
    began = datetime.datetime.now()
    ended = subprocess.run(
        [
            "unshare", "-T", "--fork", "--monotonic", str(offset_s),
            *command(
                "run", "--mode", "file", "--rate", "2000", "--duration", "0.5", "--trials", "1",
                "--pass", "timed,latency", "--trace", trace, "--out", out,
            ),
        ],
        capture_output=True, text=True, timeout=300, env=surroundings(), check=False,
    )  # fmt: skip
    if "unshare failed" in ended.stderr:
        pytest.skip(f"no time namespace here: {ended.stderr.strip()}")
    assert ended.returncode == 0, ended.stderr
    (aged,) = [trial for trial in read(out).trials if trial.setting.pass_ == "latency"]
    assert 0 < aged.metrics["age_p50_ns"] < 500e9
    told = datetime.datetime.strptime(trace.read_text()[1:16], "%H:%M:%S.%f").time()
    after = (datetime.datetime.combine(began.date(), told) - began).total_seconds() % 86400
    assert after < (datetime.datetime.now() - began).total_seconds()
