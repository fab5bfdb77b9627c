"""Numbers that count what Python allocates are compared within one line of Pythons alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.check.baseline import refuse_other_host
from results.compare import compare_files
from results.errors import BadInput
from results.history import read_history
from results.metrics import METRICS
from results.reports.compare import compare_document
from results.reports.forms.terminal import Console, draw
from results.scorecard.report import Report, load
from results.session import collector
from tests.results import made_up
from tests.results.test_compare import written


def host(python: str) -> dict[str, object]:
    return {**made_up.HOST, "python": python}


def of(path: Path, python: str) -> Report:
    trials = [made_up.trial("file", pass_="allocation", number=number) for number in range(1, 9)]
    return load([written(path, trials, id=path.name, host=host(python))])


@pytest.mark.parametrize(
    ("a", "b", "comparable"),
    [
        ("3.11.2", "3.11.15", True),
        ("3.14.0", "3.14.10", True),
        ("3.11.2", "3.14.10", False),
        ("3.13.5", "3.14.10", False),
        ("3.1.1", "3.11.1", False),
    ],
)
def test_allocations_are_compared_within_a_line_of_pythons(tmp_path: Path, a: str, b: str, comparable: bool) -> None:
    """With --anyway too: what is left out is named, and all else is compared."""
    compared = compare_files(of(tmp_path / "a", a), of(tmp_path / "b", b), ("a", "b"), None)
    names = {each.column.name for each in compared.judged}
    assert "cpu_ns_per_event" in names
    assert ("allocations_per_event" in names) is comparable
    out = io.StringIO()
    draw(compare_document(compared), Console(file=out, width=200, no_color=True))
    assert ("Left out: allocs/event" in out.getvalue()) is not comparable


def test_a_report_of_two_pythons_marks_the_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Side by side in one table, they carry a warning that names the versions; CPU time carries none."""
    for name, python in (("a", "3.11.2"), ("b", "3.14.10")):
        of(tmp_path / name, python)
    assert main(["report", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Python 3.11 and 3.14 allocate differently: not comparable between them" in said
    assert main(["report", str(tmp_path / "a")]) == 0
    assert "allocate differently" not in capsys.readouterr().out


@pytest.mark.parametrize("metric", ["allocations_per_event", "cpu_ns_per_event"])
def test_a_history_does_not_go_on_with_another_python(tmp_path: Path, metric: str) -> None:
    """The track of one version ends where the next one's begins."""
    for name, python in (("a.jsonl", "3.11.2"), ("b.jsonl", "3.14.10")):
        of(tmp_path / name, python)
    assert [len(track.points) for track in read_history(tmp_path, METRICS[metric]).tracks] == [1, 1]


def test_a_check_refuses_a_baseline_of_another_python() -> None:
    """A stored result is arm A only where the interpreter is the same."""
    with pytest.raises(BadInput, match=r"python '3\.11\.2' there, '3\.14\.10' here"):
        refuse_other_host(Path("a.jsonl"), host("3.11.2"), host("3.14.10"))


COLLECTORS = [
    ("3.11.2", "3.11.15", True),
    ("3.14.0", "3.14.4", True),
    ("3.14.4", "3.14.5", False),
    ("3.14.0rc3", "3.14.10", False),
    ("3.14.5", "3.14.10", True),
    ("3.14.10", "3.15.0", False),
    ("3.11.2", "3.13.5", False),
]


@pytest.mark.parametrize(("a", "b", "comparable"), COLLECTORS)
def test_pauses_are_compared_between_like_collectors(tmp_path: Path, a: str, b: str, comparable: bool) -> None:
    """CPython 3.14.0 to 3.14.4 collect in increments, 3.14.5 does not; other lines differ in when they collect."""
    for name, python in (("a", a), ("b", b)):
        trials = [made_up.trial("file", number=number) for number in range(1, 9)]
        written(tmp_path / name, trials, id=name, host=host(python))
    compared = compare_files(load([tmp_path / "a"]), load([tmp_path / "b"]), ("a", "b"), None)
    assert ("gc_pause_max_s" in {each.column.name for each in compared.judged}) is comparable
    both = load([tmp_path / "a", tmp_path / "b"])
    doubted = [doubt.text for row in both.rows for doubt in row.doubts if "collect differently" in doubt.text]
    assert bool(doubted) is not comparable
    if not comparable:
        kinds = sorted({collector(a), collector(b)})
        assert f"Python {kinds[0]} and {kinds[1]} collect differently: not comparable between them" in doubted


def test_a_history_of_pauses_does_not_go_on_with_another_python(tmp_path: Path) -> None:
    """Each version of Python is a machine of its own there."""
    for name, python in (("a.jsonl", "3.14.4"), ("b.jsonl", "3.14.5")):
        written(tmp_path / name, [made_up.trial("file", number=1)], id=name, host=host(python))
    assert [len(track.points) for track in read_history(tmp_path, METRICS["gc_pause_max_s"]).tracks] == [1, 1]


@pytest.mark.parametrize(
    ("a", "b", "comparable"),
    [("3.13.0", "3.13.5", True), ("3.12.1", "3.13.0", False), ("3.14.5", "3.14.5t", False), (None, "3.13.0", False)],
)
def test_interpreters_of_one_run_are_held_apart(tmp_path: Path, a: str | None, b: str, comparable: bool) -> None:
    """A consumer's own interpreter counts, and not the one that the session ran with."""
    trials = [
        made_up.trial("file", pass_="allocation", python=python, number=number)
        for number, python in enumerate([a] * 4 + [b] * 4, start=1)
    ]
    loaded = load([written(tmp_path / "out", trials, host=host("3.11.2"))])
    assert {row.python for row in loaded.rows} == {a or "3.11.2", b}
    doubted = any("allocate differently" in doubt.text for row in loaded.rows for doubt in row.doubts)
    assert doubted is not comparable
    assert len({row.label for row in loaded.rows}) == 2
