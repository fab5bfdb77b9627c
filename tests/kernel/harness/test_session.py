"""--resume: on the machine that the session began on, with the same mode, alone, and nothing finished is touched."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.bench import PATIENCE, bench, bench_here, start

MODE = '''
from modes import Mode

class Own(Mode):
    """Counts."""

    def take(self, samples):
        self.consumed += len(samples)
'''
SHORT = str(0.1 * PATIENCE)
RUN = ("run", "--mode", "null", "--rate", "1000", "--duration", SHORT, "--pass", "timed", "--foreign-limit", "1",
       "--quiet", "--out")  # fmt: skip


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def begun(path: Path, *words: object) -> None:
    """Run a session of two trials, then take the last away."""
    done = bench_here(*words, "--trials", "2")
    assert done.returncode == 0, done.stderr
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))


def test_another_machines_session_does_not_go_on_here(tmp_path: Path) -> None:
    """Its line says on what its trials ran: what differs is named, and nothing is added."""
    path = tmp_path / "r.jsonl"
    begun(path, *RUN, path)
    session, trial = rows(path)
    for fact, value in (("kernel", "5.4.0"), ("boot", "another"), ("commit", "beef")):
        changed = {**session, "host": {**session["host"], fact: value}}
        held = "".join(f"{json.dumps(row)}\n" for row in (changed, trial))
        path.write_text(held)
        refused = bench_here(*RUN, path, "--trials", "2", "--resume")
        assert refused.returncode == 2
        assert f"cannot go on here: {fact} {value} there" in refused.stderr
        assert path.read_text() == held


def test_the_users_mode_is_recorded_and_has_to_be_the_same(tmp_path: Path) -> None:
    """Content, commit and what differs from it stand in the session; a session goes on with that content alone."""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@y", "-C", str(tmp_path)]
    own, path = tmp_path / "own.py", tmp_path / "r.jsonl"
    own.write_text(MODE)
    for words in (["init", "-q"], ["add", "own.py"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    run = tuple(own if word == "null" else word for word in RUN)
    begun(path, *run, path)
    digest = hashlib.sha256(MODE.encode()).hexdigest()
    expected = {"mode": str(own), "sha256": digest, "commit": head, "dirty": False, "arm": None}
    assert rows(path)[0]["modes"] == [expected]
    own.write_text(MODE.replace("Counts.", "Counts all."))
    refused = bench_here(*run, path, "--trials", "2", "--resume")
    assert refused.returncode == 2
    assert f"mode {own} {digest[:12]} at {head[:12]} there" in refused.stderr
    new = bench_here(*run, path, "--trials", "1")
    assert new.returncode == 0, new.stderr
    assert rows(path)[-2]["modes"] == [
        {**expected, "sha256": hashlib.sha256(own.read_bytes()).hexdigest(), "dirty": True}
    ]
    labels = [json.loads(line)["label"] for line in bench_here("report", path, "--json").stdout.splitlines()]
    assert sorted(labels) == [f"{own} [at {head[:12]}-dirty]", f"{own} [at {head[:12]}]"]
    own.write_text(MODE)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert bench_here(*run, path, "--trials", "2", "--resume").returncode == 0
    assert [row["number"] for row in rows(path)[1:]] == [0, 1]


@pytest.mark.slow
def test_the_second_to_resume_is_refused(tmp_path: Path) -> None:
    """Beside a running session, and beside another that resumes: the first is named, each trial is there once."""
    path = tmp_path / "r.jsonl"
    words = (*(str(PATIENCE) if word == SHORT else word for word in RUN), path, "--json")
    resumed: tuple[str, ...] = ()
    for kept in (0, 3):
        first = start(*words, "--trials", "3", *resumed)
        assert first.stdout is not None
        first.stdout.readline()
        second = bench_here(*words, "--trials", "3", "--resume")
        assert second.returncode == 2
        assert f"process {first.pid} is writing to {path}" in second.stderr
        first.communicate(timeout=60 * PATIENCE)
        assert first.returncode == 0
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: kept + 1]))
        resumed = ("--resume",)
    assert [row["number"] for row in rows(path)[1:]] == [0, 1, 2]


@pytest.mark.slow
def test_traces_of_finished_trials_are_kept(tmp_path: Path) -> None:
    """Whether the result file cannot be written, or the session goes on: what was finished is not emptied."""
    path, trace = tmp_path / "r.jsonl", tmp_path / "trace"
    run = tuple("file" if word == "null" else word for word in RUN)
    begun(path, *run, path, "--trace", trace)
    finished = trace.read_bytes()
    assert finished.count(b"\n") == 100
    (tmp_path / "trace.2").write_text("left by a killed trial")
    for other, status in (("--trials 3", 2), ("", 0)):
        ended = bench(*run, path, "--trials", "2", "--trace", trace, "--resume", *other.split())
        assert ended.returncode == status
        assert trace.read_bytes() == finished
    assert (tmp_path / "trace.2").read_bytes().count(b"\n") == 100
    (tmp_path / "folder").mkdir()
    assert bench(*run, tmp_path / "folder", "--trials", "2", "--trace", trace).returncode == 2
    assert trace.read_bytes() == finished
