"""The compiled reader as it is asked for: what it makes of drops, what it refuses before anything is set up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kernel.bench import bench, trials

pytestmark = pytest.mark.slow  # ./test --all installs numba

MODE = """
import numpy as np
import numpy.typing as npt

from modes import Kit, Mode


class Own(Mode):
    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.drops = np.zeros(8, np.int64)

    @staticmethod
    def step(record: np.void, drops: npt.NDArray[np.int64]) -> None:
        {step}

    def state(self) -> tuple[npt.NDArray[np.int64]]:
        return (self.drops,)

    def flush(self) -> None:
        self.tally = {{(2, 1): int(self.drops[0])}}
"""


def mode_file(folder: Path, step: str) -> Path:
    path = folder / "own mode.py"
    path.write_text(MODE.format(step=step))
    return path


def run(
    path: Path | str, folder: Path, *words: object, rate: int = 20_000, duration: float = 0.5
) -> tuple[int, str, list[dict[str, object]]]:
    """Run one trial of a mode; return its status, what it said, and its trials."""
    done = bench(
        *("run", "--mode", path, "--reader", "compiled", "--trials", 1, "--pass", "timed", "--foreign-limit", 1),
        *("--rate", rate, "--duration", duration, "--quiet", "--json", "--out", folder / "results.jsonl", *words),
        *("--retries", 0),
        timeout=400,
    )
    return done.returncode, done.stderr, trials(done.stdout)


def test_a_user_s_step_is_compiled_and_its_ledger_closes(tmp_path: Path) -> None:
    """On every channel."""
    path = mode_file(tmp_path, "drops[0] += 1")
    status, said, made = run(path, tmp_path, "--channel", "all", "--wait", "paced")
    assert status == 0, said
    assert len(made) == 4
    for trial in made:
        assert trial["valid"], trial["invalid_because"]
        assert trial["consumed"] == trial["submitted"] > 0


def test_a_record_that_is_finished_while_a_pass_looks_at_it_is_no_fault(tmp_path: Path) -> None:
    """At a rate at which that comes about hundreds of times: the pass stops before it, and the next one takes it."""
    status, said, made = run("null", tmp_path, "--wait", "busy", rate=200_000, duration=3)
    assert status == 0, said
    assert made[0]["consumed"] == made[0]["submitted"] > 0


def test_what_numba_cannot_compile_is_refused_before_anything_is_set_up(tmp_path: Path) -> None:
    """With numba's words, the file and the line, and the status of bad input."""
    status, said, made = run(mode_file(tmp_path, 'drops[0] = record["process"]'), tmp_path)
    assert (status, made) == (2, [])
    assert "numba cannot compile step: " in said
    assert "(own mode.py:15)" in said


def test_what_a_step_raises_makes_the_trial_invalid_with_its_line(tmp_path: Path) -> None:
    """As with the other readers."""
    status, said, made = run(mode_file(tmp_path, 'raise ValueError("not today")'), tmp_path)
    assert status == 5, said
    assert "ValueError: not today (own mode.py:15)" in json.dumps(made[0])


def test_what_makes_no_sense_with_it_is_refused(tmp_path: Path) -> None:
    """In the words of the other readers."""
    status, said, made = run(mode_file(tmp_path, "drops[0] += 1"), tmp_path, "--decode", "ctypes")
    assert (status, made) == (2, [])
    assert "it needs --reader callback" in said
    status, said, made = run("objects", tmp_path)
    assert (status, made) == (2, [])
    assert "mode objects has no method for the compiled reader; it has batch, callback" in said
