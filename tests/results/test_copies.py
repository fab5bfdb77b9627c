"""A trial counts once, by its session and number, however often and in whatever order files hold it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.check.baseline import load as load_baseline
from results.check.blocks import Comparison
from results.check.certify import finished_gates
from results.check.gate import GatePlan, gated
from results.check.plan import Check
from results.file import Reading, ResultWriter, read
from results.trial import Trial
from tests.results import made_up
from tests.results.check.blocks_made_up import SEED, setting, trials_of

MODES = ("file", "epoll")


def written(path: Path, trials: list[Trial], **session: object) -> Path:
    with ResultWriter(path) as writer:
        writer.session(made_up.session(**session))
        for trial in trials:
            writer.trial(replace(trial, session=str(session.get("id", "s1"))))
    return path


@pytest.fixture
def once(tmp_path: Path) -> Path:
    return written(tmp_path / "once.jsonl", made_up.run(modes=MODES))


def times(path: Path, count: int) -> Path:
    copy = path.with_name(f"times-{count}.jsonl")
    copy.write_bytes(path.read_bytes() * count)
    return copy


def reversed_lines(path: Path) -> Path:
    copy = path.with_name("reversed.jsonl")
    copy.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    return copy


@pytest.mark.parametrize(
    "command", [("report", "--json"), ("report", "--markdown"), ("export", "--csv", "-")], ids=" ".join
)
def test_doubled_reordered_and_copied_files_say_the_same(
    once: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice in one file, backwards, in two files, or a part of it again beside the whole."""
    part = once.with_name("part.jsonl")
    part.write_bytes(b"".join(once.read_bytes().splitlines(keepends=True)[:4]))
    given = [[once], [times(once, 4)], [reversed_lines(once)], [once, times(once, 1)], [part, once], [once, part]]
    said = []
    for files in given:
        assert main([command[0], *map(str, files), *command[1:]]) == 0
        said.append(capsys.readouterr())
    assert all(each == said[0] for each in said)
    assert said[0].err == ""


def test_history_counts_a_session_once(once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy in the folder, and one that was cut, add no session and no point."""
    times(once, 2)
    cut = once.read_bytes().splitlines(keepends=True)[:3]
    once.with_name("cut.jsonl").write_bytes(b"".join(cut))
    assert main(["history", str(once.parent), "--csv", "-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["history", str(once.parent)]) == 0
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines() if line.startswith("file")] == [
        ["file", "1", "1"]
    ]


def test_compare_decides_nothing_by_copies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three trials per side are too few, and are no more when each file holds them four times."""
    a = written(tmp_path / "a", made_up.run(trials=3, modes=MODES), id="a")
    dear = [
        replace(trial, metrics={**trial.metrics, "cpu_ns_per_event": 3 * trial.metrics["cpu_ns_per_event"]})
        for trial in made_up.run(trials=3, modes=MODES, seed=2)
    ]
    b = written(tmp_path / "b", dear, id="b")
    assert main(["compare", str(a), str(b), "--markdown"]) == 0
    told = capsys.readouterr().out
    for path in (a, b):
        path.write_bytes(path.read_bytes() * 4)
    assert main(["compare", str(a), str(b), "--markdown"]) == 0
    assert capsys.readouterr().out == told
    assert "worse" not in told


def test_compare_says_that_both_files_hold_the_same_trials(once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands on both sides makes them alike, so it is told."""
    assert main(["compare", str(once), str(times(once, 2))]) == 0
    assert "6 trials are in both files" in capsys.readouterr().err


LOAD = setting("load")
COMPARISON = Comparison("epoll", LOAD, LOAD)


def a_check(path: Path) -> Path:
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(8,), gated=(gated("epoll", "cpu_ns_per_event"),)),
        comparisons=(COMPARISON,), arm_a="a", arm_b="b",
    )  # fmt: skip
    trials = trials_of("cpu_ns_per_event", [(100.0, 100.0)] * 8, of=LOAD)
    return written(path, trials, id="s", seed=SEED, plan=check.to_json())


def test_verify_and_certificates_see_each_trial_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A doubled check is the check: its verdict, its blocks, one gate."""
    path = a_check(tmp_path / "check.jsonl")
    statuses, said = [], []
    for file in (path, times(path, 3)):
        statuses.append(main(["verify", str(file), "--json"]))
        outcome = json.loads(capsys.readouterr().out)
        said.append({name: value for name, value in outcome.items() if name != "result_file"})
    assert statuses == [0, 0]
    assert said[0] == said[1]
    held = read(times(path, 3))
    assert [len(gate.blocks) for gate in finished_gates(held.sessions, held.trials)] == [8]


def test_copies_make_no_baseline(tmp_path: Path) -> None:
    """Four times the same two trials are two, and two are too few."""
    path = written(tmp_path / "b.jsonl", trials_of("cpu_ns_per_event", [(100.0, 100.0)], of=LOAD), host={})
    path.write_text(path.read_text().replace('"arm":"A"', '"arm":"B"'))
    with pytest.raises(ValueError, match="holds 4 valid trials"):
        load_baseline(times(path, 4), [COMPARISON], 8, {})


def test_two_that_differ_are_told_and_neither_counts(once: Path) -> None:
    """Two trials, or two sessions, of one name: which of them ran cannot be told, in one file or in two."""
    lines = once.read_bytes().splitlines(keepends=True)
    row = json.loads(lines[2])
    other = json.dumps({**row, "metrics": {"cpu_s": 1.0}}).encode() + b"\n"
    once.write_bytes(b"".join([*lines, other]))
    held = read(once)
    assert len(held.trials) == 5
    assert [str(problem) for problem in held.problems] == [
        f"line 8: trial {row['number']} of session s1 is another here than in line 3; neither is used"
    ]
    second = written(once.with_name("second"), made_up.run(modes=MODES), host={**made_up.HOST, "kernel": "6.19"})
    for order in ([once, second], [second, once]):
        reading = Reading()
        for path in order:
            reading.add(path)
        files = reading.files()
        assert not any(file.sessions for file in files)
        assert not any(file.trials for file in files)
        assert "neither is used, nor its trials" in " ".join(str(each) for file in files for each in file.problems)


def test_sessions_that_differ_take_their_trials_along(
    once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two hosts under one name, beside a session that is whole: no command shows a number of theirs."""
    other = {**made_up.HOST, "kernel": "6.19"}
    second = written(tmp_path / "second", made_up.run(modes=MODES, trials=5, seed=3), host=other)
    third = written(tmp_path / "third", [replace(each, session="s3") for each in made_up.run(modes=("null",))], id="s3")
    for order in ([once, second, third], [third, second, once]):
        assert main(["report", *map(str, order), "--json"]) == 0
        assert [json.loads(line)["label"] for line in capsys.readouterr().out.splitlines()] == ["null"]
    assert main(["export", str(once), str(second), str(third), "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["session"] for row in rows} == {"s3"}
    both = tmp_path / "both"
    both.write_bytes(once.read_bytes() + second.read_bytes())
    assert main(["report", str(both)]) == 2
    assert "neither is used, nor its trials" in capsys.readouterr().err


def test_what_a_newer_bench_wrote_is_left_out_wherever_its_session_stands(once: Path) -> None:
    """Its trials may come before the line that says so, in a file that was sorted or put together."""
    row = {**made_up.session(id="s2").to_json(), "schema_version": 99}
    strange = {**made_up.trial(session="s2").to_json(), "wait": "a new way"}
    lines = [json.dumps(strange), json.dumps(made_up.trial(session="s2", number=2).to_json()), json.dumps(row)]
    once.write_bytes("".join(f"{line}\n" for line in lines).encode() + once.read_bytes())
    held = read(once)
    assert {trial.session for trial in held.trials} == {"s1"}
    assert any("2 trials of session s2 (format 99) are left out" in problem.what for problem in held.problems)
    assert not any("wait" in problem.what for problem in held.problems)
