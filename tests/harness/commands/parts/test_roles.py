"""One file, one role: refused before anything is opened, whatever names the file goes by."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.roles import check_roles, output
from harness.outputs import kept_traces
from harness.paths import refuse_shared
from results.errors import BadInput
from results.trial import Setting

pytestmark = pytest.mark.usefixtures("capable")

RESULT = Path(__file__).resolve().parents[4] / "docs/results/all-modes.jsonl"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a result file that has a second name, links to it, and a mode."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(RESULT, "x")
    Path("link").symlink_to("x")
    Path("twice").symlink_to("link")
    os.link("x", "hard")
    Path("here").symlink_to(".")
    Path("mode.py").write_text("")
    Path("new").symlink_to("not-yet")
    Path("below").mkdir()
    shutil.copy(RESULT, "below/y.jsonl")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "report x --html x",
        "report x --html ./x",
        "report x --html link",
        "report twice --html x",
        "report x --html here/here/x",
        "report x --html hard",
        "export x --csv x",
        "export x --pyperf hard",
        "compare x below/y.jsonl --html below/y.jsonl",
        "history . --html below/y.jsonl",
        "history . --html a --csv ./a",
        "history . --html not-yet --csv new",
        "verify x --junit x",
        "verify x --junit a --markdown here/a",
        "check --mode null --against epoll --out a --junit a",
        "check --mode null --baseline x --out x",
        "check --mode mode.py --against epoll --out here/mode.py",
        "check --a mode=epoll --b mode=mode.py --out mode.py",
        "run --mode file --out a --trace a",
        "run --mode null,./mode.py --out mode.py",
        "run --mode file --out not-yet --trace new",
    ],
)
def test_a_path_in_two_roles_is_refused(words: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its name, through links, by a second name, through its folder, and before it is there."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(words.split()) == 2
    assert "is the same file as" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("report x x link --html a", 0),
        ("export x --csv -", 0),
        ("report x --html null", 0),
        ("history . --html mode.py", 0),
    ],
)
def test_what_is_read_may_be_read_twice(words: str, status: int) -> None:
    """Roles that only read share a file; a dash is stdout, and a mode's name is no path."""
    assert main(words.split()) == status


def test_the_traces_of_later_trials_count_too(tmp_path: Path) -> None:
    """The second trial's trace would land on the result file."""
    setting = Setting(mode="file", reader="batch", wait="epoll", traffic="udp-closed-port")
    order = [(0, setting), (1, setting)]
    with pytest.raises(BadInput, match=r"x\.2 is the same file"):
        kept_traces(tmp_path / "x", order, tmp_path / "x.2")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        "run --mode file --trials 2 --trace q --out q.2",
        "run --mode file --trials 2 --trace below --out new-out",
        "run --mode file --trials 2 --trace q --out r --timeline -1",
        "run --mode null --seed -1 --out r",
        "run --mode null --trace q --out r",
        "run --mode file --trials 2 --trace x --out x.2",
        "capacity --mode null --seed -1 --out r",
        "explain --timeline -1 --out r",
        "check --mode null --against epoll --timeline -1 --out r --junit a",
        "check --mode null --against epoll --out r --junit a --markdown below",
    ],
)
def test_what_is_refused_leaves_no_file_behind(
    words: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever was opened before it was: a file that was not there is not there, one that was is as it was."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary")
    before = {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}
    assert main(words.split()) == 2
    assert capsys.readouterr().err.startswith("bench: ")
    assert {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        ("check --mode null --against epoll --out x", "x"),
        ("check --mode null --against epoll --out new-out", "./new-out"),
        ("check --mode null --baseline x", "hard"),
        ("check --mode mode.py --against epoll", "here/mode.py"),
        ("check --mode null --against epoll --junit a", "a"),
        ("verify x", "link"),
        ("verify x --markdown a", "here/a"),
    ],
)
def test_the_job_summary_is_a_role_too(
    words: str, summary: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is appended to: a result file would hold a table in Markdown."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", summary)
    before = {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}
    assert main(words.split()) == 2
    assert f"GITHUB_STEP_SUMMARY {Path(summary)} is the same file as" in capsys.readouterr().err
    assert {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")} == before


@pytest.mark.usefixtures("folder")
def test_every_pair_of_names_of_one_file_is_told_and_none_of_two(folder: Path) -> None:
    """By device and inode: a copy is another file."""
    shutil.copy("x", "copy")
    same = [folder / "x", Path("x"), Path("link"), Path("twice"), Path("hard"), Path("here/x"), Path("below/../x")]
    for one in same:
        refuse_shared([("--out", one)], [("FILE", Path("copy"))])
        for other in same:
            with pytest.raises(BadInput):
                refuse_shared([("--html", one)], [("FILE", other)])
            with pytest.raises(BadInput):
                refuse_shared([("--html", one), ("--csv", other)])


def test_an_option_that_writes_says_so() -> None:
    """By its type: a path that is only read may stand in many roles."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", type=Path)
    parser.add_argument("--two", type=Path)
    parser.add_argument("--out", type=output)
    check_roles(parser, parser.parse_args(["--one", "a", "--two", "a", "--out", "b"]))
    with pytest.raises(BadInput, match="--out a is the same file as --one a"):
        check_roles(parser, parser.parse_args(["--one", "a", "--out", "a"]))
