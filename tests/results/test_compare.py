"""bench compare: what changed, and whether the two can be compared at all."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from harness.__main__ import main
from results.compare import compare_files
from results.file import ResultWriter
from results.reports.compare import compare_document
from results.reports.forms.terminal import Console, draw
from results.scorecard.report import load
from results.trial import Trial
from tests.results import made_up


def written(path: Path, trials: list[Trial], **session: object) -> Path:
    with ResultWriter(path) as writer:
        writer.session(made_up.session(**session))
        for trial in trials:
            writer.trial(replace(trial, session=str(session.get("id", "s1"))))
    return path


def slower(trials: list[Trial], mode: str, factor: float) -> list[Trial]:
    return [
        replace(trial, metrics={**trial.metrics, "cpu_ns_per_event": trial.metrics["cpu_ns_per_event"] * factor})
        if trial.setting.mode == mode
        else trial
        for trial in trials
    ]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    a = written(tmp_path / "a", made_up.run(trials=8), id="a")
    b = written(tmp_path / "b", slower(made_up.run(trials=8, seed=5), "file", 1.2), id="b")
    return str(a), str(b)


def test_what_got_slower_is_named_with_its_ratio(files: tuple[str, str]) -> None:
    """Of eight modes one costs 20 % more: it alone is worse, and the ratio is right."""
    a, b = (load([Path(path)]) for path in files)
    compared = compare_files(a, b, files, None)
    worse = [each for each in compared.judged if each.verdict == "worse"]
    assert [(each.label, each.column.name) for each in worse] == [("file", "cpu_ns_per_event")]
    assert worse[0].shift is not None
    assert worse[0].shift.low < 1.2 < worse[0].shift.high


def test_a_file_against_itself_is_the_same(files: tuple[str, str]) -> None:
    """Nothing differs, and the blocks are shared."""
    a = load([Path(files[0])])
    assert {each.verdict for each in compare_files(a, a, ("a", "a"), None).judged} == {"same"}


def test_too_few_trials_decide_nothing(tmp_path: Path) -> None:
    """Three trials per side hold 90 %: a difference that looks large stays undecided."""
    a = load([written(tmp_path / "a", made_up.run(trials=3), id="a")])
    b = load([written(tmp_path / "b", slower(made_up.run(trials=3, seed=2), "file", 3.0), id="b")])
    assert {each.verdict for each in compare_files(a, b, ("a", "b"), None).judged} == {"undecided"}


def test_unlike_machines_are_refused_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The refusal names the fact; --anyway compares, and the page says that it should not be believed."""
    a = written(tmp_path / "a", made_up.run(trials=4), id="a")
    b = written(tmp_path / "b", made_up.run(trials=4), id="b", host={**made_up.HOST, "cpu_model": "Other CPU"})
    assert main(["compare", str(a), str(b)]) == 2
    assert "not comparable: cpu_model Example CPU 9000 / Other CPU" in capsys.readouterr().err
    page = tmp_path / "page.html"
    assert main(["compare", str(a), str(b), "--anyway", "--html", str(page)]) == 0
    assert "Not comparable: cpu_model differ" in page.read_text()


def test_another_commit_is_what_one_compares(tmp_path: Path) -> None:
    """Version and commit may differ: that is the question."""
    a = written(tmp_path / "a", made_up.run(trials=4), id="a")
    b = written(tmp_path / "b", made_up.run(trials=4), id="b", host={**made_up.HOST, "commit": "beef", "bench": "9"})
    assert main(["compare", str(a), str(b), "--markdown"]) == 0


def test_two_variants_of_one_file(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """They shared their blocks, so they are compared block by block."""
    assert main(["compare", files[0], "--a", "work", "--b", "file"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("file against work:")
    assert "signed-rank" in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["A"], "give two files"),
        (["A", "B", "--a", "file"], "give two files"),
        (["A", "--a", "file", "--b", "fiel"], "no variant 'fiel' in the file; it holds: aggregate"),
        (["A", "B", "--margin", "-5"], "--margin is -5"),
    ],
)
def test_bad_usage_is_one_line(
    files: tuple[str, str], arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and what to give instead."""
    paths = {"A": files[0], "B": files[1]}
    assert main(["compare", *(paths.get(word, word) for word in arguments)]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("width", [40, 80, 200])
def test_long_names_leave_the_numbers_whole(tmp_path: Path, width: int) -> None:
    """The path of a mode file folds; a metric's name or a number is never broken within."""
    mode = "./benchmarks/consumers/of_our_own/with_a_long_name/consumer.py"
    sides = []
    for name, factor in (("a", 1.0), ("b", 3.0)):
        trials = slower(
            [
                replace(each, setting=replace(each.setting, mode=mode))
                for each in made_up.run(trials=6, modes=("file",))
            ],
            mode,
            factor,
        )
        sides.append(load([written(tmp_path / name, trials, id=name)]))
    out = io.StringIO()
    draw(compare_document(compare_files(*sides, ("a", "b"), None)), Console(file=out, width=width, no_color=True))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    told = " ".join(out.getvalue().split())
    assert "CPU/event" in told
    assert mode in told.replace(" ", "") if width < 80 else mode in told
