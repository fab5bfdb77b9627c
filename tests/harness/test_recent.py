"""Results by their age: @-1 is the last one that was made, wherever its file is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.machine.caller import Caller
from harness.recent import default_out, recent, remember
from results.errors import BadInput
from results.file import ResultWriter
from tests.results import made_up


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Somebody with a home of their own, who is also who types."""
    home = tmp_path / "a home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SUDO_UID", raising=False)
    return Caller(os.getuid(), os.getgid(), home)


def made(path: Path, owner: Caller, *modes: str) -> Path:
    """Make a result, as a session does: its file, and a note of it."""
    with ResultWriter(path) as writer:
        writer.session(made_up.session(id=path.name))
        for number, mode in enumerate(modes):
            writer.trial(made_up.trial(mode, number, session=path.name))
    remember(path, owner)
    return path


def test_the_newest_come_first_and_each_once(owner: Caller, tmp_path: Path) -> None:
    """A file that gained a session is the newest; what was removed is none any more."""
    a, b, c = (made(tmp_path / f"{name}.jsonl", owner, "file") for name in "abc")
    assert [recent(number, owner) for number in (1, 2, 3)] == [c, b, a]
    remember(a, owner)
    remember(a, owner)
    assert [recent(number, owner) for number in (1, 2, 3)] == [a, c, b]
    c.unlink()
    assert [recent(number, owner) for number in (1, 2)] == [a, b]
    with pytest.raises(BadInput, match="@-3: 2 are known"):
        recent(3, owner)


def test_who_has_no_home_is_made_none(owner: Caller, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Root could make even nobody's, which is to be nowhere."""
    owner.home.rmdir()
    made(tmp_path / "a.jsonl", owner, "file")
    assert "@-1 will not name this result" in capfd.readouterr().err
    with pytest.raises(BadInput, match=r"there is no folder .*a home\); name a result file with --out"):
        default_out(owner, "run")
    assert not owner.home.exists()


def test_a_result_that_is_not_there_says_how_many_are(owner: Caller, tmp_path: Path) -> None:
    """Nobody takes another for it."""
    with pytest.raises(BadInput, match="there is no result @-1: none is known"):
        recent(1, owner)
    made(tmp_path / "a.jsonl", owner, "file")
    with pytest.raises(BadInput, match="there is no result @-2: 1 are known"):
        recent(2, owner)


def test_any_path_is_kept_and_a_torn_line_harms_no_other(
    owner: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line ends, bytes that are no UTF-8, a path from where one is; and a full disk's half line."""
    strange = made(tmp_path / os.fsdecode(b"a\nb \xe9.jsonl"), owner, "file")
    assert recent(1, owner) == strange
    monkeypatch.chdir(tmp_path)
    made(Path("b.jsonl"), owner, "file")
    assert recent(1, owner) == tmp_path / "b.jsonl"
    with (owner.home / ".local/state/bench/recent").open("ab") as kept:
        kept.write(b'"/half')
    c = made(tmp_path / "c.jsonl", owner, "file")
    assert [recent(number, owner) for number in (1, 3)] == [c, strange]


def test_a_report_without_a_file_is_the_last_results(
    owner: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says which that is."""
    assert main(["report"]) == 2
    assert "none is known" in capsys.readouterr().err
    made(tmp_path / "a.jsonl", owner, "null")
    newest = made(tmp_path / "b.jsonl", owner, "file")
    assert main(["report", "--markdown"]) == 0
    said = capsys.readouterr()
    assert "| `file` |" in said.out
    assert said.err == f"bench: the last result: {newest}\n"


@pytest.mark.parametrize(
    ("words", "shows"),
    [
        ("report @-2 --markdown", "| `null` |"),
        ("report @-1 @-2 --markdown", "| `null` |"),
        ("export @-2 --csv -", ",null,"),
        ("compare @-2 @-1 --anyway --markdown", "nothing to compare"),
        ("verify @-2", "has no plan that can be replayed"),
    ],
)
def test_every_command_takes_such_names(
    owner: Caller, tmp_path: Path, words: str, shows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it takes a result file."""
    made(tmp_path / "a.jsonl", owner, "null")
    made(tmp_path / "b.jsonl", owner, "file")
    main(words.split())
    said = capsys.readouterr()
    assert shows in said.out + said.err


@pytest.mark.parametrize("name", ["@-", "@-0", "@-x", "@-1x", "@--1", "@-01"])
def test_what_names_no_result_is_refused(owner: Caller, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Rather than taken for a file; one of such a name has a folder before it."""
    assert owner.home
    with pytest.raises(SystemExit, match="2"):
        main(["report", name])
    assert f"'{name}' names no result: @-1 is the last one" in capsys.readouterr().err


def test_a_file_with_such_a_name_is_one(
    owner: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its path."""
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "@-1", owner, "null")
    made(tmp_path / "b.jsonl", owner, "file")
    assert main(["report", "./@-1", "--markdown"]) == 0
    assert "| `null` |" in capsys.readouterr().out


def test_the_last_result_is_not_overwritten_by_its_own_report(owner: Caller, tmp_path: Path) -> None:
    """One file has one role, whichever way it is named."""
    path = made(tmp_path / "a.jsonl", owner, "file")
    for words in (["report"], ["report", "@-1"]):
        before = path.read_bytes()
        assert main([*words, "--html", str(path)]) == 2
        assert path.read_bytes() == before
