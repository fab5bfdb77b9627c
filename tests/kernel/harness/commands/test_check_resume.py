"""--resume of bench check and bench certify: killed at any moment, a gate goes on with what its file holds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.bench import PATIENCE, bench, start

METRIC = "drain_cpu_ns_per_event"
# A large alpha lets two blocks fail: what a verdict rests on is not what is tested.
GATE = ("--metrics", METRIC, "--drain", "20000", "--alpha", "0.3", "--blocks", "2", "--quiet")
CHECK = ("check", "--a", "mode=null", "--b", "mode=null,reader=callback", *GATE)
CERTIFY = ("certify", "--mode", "null", "--gates", "2", "--slowed", "0", *GATE)
TRIALS = 2 * 2


def resized(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("10000" if word == "20000" else word for word in words)


def rows(path: Path, kind: str) -> list[dict[str, Any]]:
    lines = path.read_text().splitlines() if path.exists() else []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:  # torn by the kill
            continue
    return [row for row in found if row["type"] == kind]


def killed(path: Path, trials: int, *words: object) -> None:
    """Kill a session once its file holds so many trials."""
    going = start(*words, "--out", path)
    while len(rows(path, "trial")) < trials and going.poll() is None:
        time.sleep(0.02)
    going.kill()
    going.communicate(timeout=30 * PATIENCE)
    assert going.returncode == -9


@pytest.mark.slow
@pytest.mark.parametrize("words", [CHECK, CERTIFY], ids=["check", "certify"])
def test_a_killed_gate_goes_on(words: tuple[str, ...], tmp_path: Path) -> None:
    """In the middle of a pair: what is kept is used, none is made twice, one session is one gate, and verify agrees."""
    path = tmp_path / "r.jsonl"
    killed(path, 2, *words)
    kept = rows(path, "trial")
    ended = bench(*words, "--out", path, "--resume")
    assert ended.returncode in (0, 1, 3), ended.stderr
    first = rows(path, "session")[0]["id"]
    trials = [row for row in rows(path, "trial") if row["session"] == first]
    assert trials[: len(kept)] == kept
    made = TRIALS + (2 if ended.returncode == 1 else 0)  # a regression is looked into
    assert [row["number"] for row in trials] == list(range(made))
    assert len(rows(path, "session")) == (1 if words is CHECK else 2)
    if words is CHECK:
        assert bench("verify", path).returncode == ended.returncode
        again = bench(*words, "--out", path, "--resume")
        assert again.returncode == ended.returncode
        assert len(rows(path, "trial")) == made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(resized(CHECK), "has another plan", id="check of another size"),
        pytest.param(resized(CERTIFY), "had another plan|has another plan", id="another certificate"),
    ],
)
def test_another_plan_does_not_go_on(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """It is refused before anything runs, and the file stays as it is."""
    path = tmp_path / "r.jsonl"
    begun = CHECK if words[0] == "check" else CERTIFY
    killed(path, 1, *begun)
    held = path.read_bytes()
    refused = bench(*words, "--out", path, "--resume")
    assert refused.returncode == 2
    assert any(each in refused.stderr for each in says.split("|"))
    assert path.read_bytes() == held


@pytest.mark.parametrize("words", [CHECK, CERTIFY], ids=["check", "certify"])
def test_there_is_nothing_to_go_on_with(words: tuple[str, ...], tmp_path: Path) -> None:
    """A file that is not there is no session, and none is made."""
    path = tmp_path / "r.jsonl"
    refused = bench(*words, "--out", path, "--resume")
    assert refused.returncode == 2
    assert "begin without --resume" in refused.stderr
    assert not path.exists()
