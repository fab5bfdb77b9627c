"""Files that are written: made or emptied or continued, wherever links of one's own lead."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from results.errors import BadInput
from results.output import open_output, prove_writable, write_file
from results.reports.forms.page.experiment import _save

CHECKOUT = Path(__file__).resolve().parents[2]


def test_a_new_file_is_made_and_an_old_one_is_emptied_or_continued(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write_file(path, b"first, and long")
    write_file(path, b"second")
    descriptor = open_output(path, append=True)
    os.write(descriptor, b" third")
    os.close(descriptor)
    assert path.read_bytes() == b"second third"


def test_relative_paths_and_own_links_lead_where_they_lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links of the caller in the middle of a path are as good as folders: relative, absolute, and with dots."""
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "absolute").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "relative").symlink_to("deep/../deep")
    monkeypatch.chdir(tmp_path)
    write_file(Path("absolute/relative/../deep/out"), b"here")
    assert (tmp_path / "data" / "deep" / "out").read_bytes() == b"here"


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ValueError, match="cannot write"):
        write_file(tmp_path / "a" / "out", b"")


@pytest.mark.parametrize(
    ("words", "old"),
    [("report {} --html out", b"the old one"), ("export {} --csv out", None), ("export {} --pyperf out", b"")],
)
def test_a_file_is_written_whole_or_not_at_all(words: str, old: bytes | None, tmp_path: Path) -> None:
    """A disk that takes no more leaves what was there, nothing half, and status 4."""
    if old is not None:
        (tmp_path / "out").write_bytes(old)
    result = CHECKOUT / "docs/results/all-modes.jsonl"
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # noqa: E731
    ended = subprocess.run(
        [sys.executable, "-m", "harness", *(word.format(result) for word in words.split())],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        preexec_fn=full,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 4
    assert b"bench: [Errno 27]" in ended.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ({} if old is None else {"out": old})


def test_a_figure_and_a_small_file_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """As any other file that is made of results: however little it was to take, a full disk is no bad input."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, kept[1]))
    try:
        with pytest.raises(OSError, match="cannot write"):
            _save(Figure(), tmp_path / "figure.svg")
        with pytest.raises(OSError, match="cannot write"):
            write_file(tmp_path / "small", bytes(200))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["漢" * 85, "n" * 255, "\udce9\n"], ids=["wide", "long", "bytes"])
def test_a_file_of_any_name_can_be_written(tmp_path: Path, name: str) -> None:
    """As long as a name may be: the one beside it, which takes its place, is no longer."""
    prove_writable(tmp_path / name)
    write_file(tmp_path / name, b"x")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_is_replaced_keeps_who_may_read_it(tmp_path: Path) -> None:
    """The new content has the old one's permissions, and proving that it can be written changes nothing."""
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(0o600)
    prove_writable(path)
    assert path.read_bytes() == b"old"
    write_file(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_replaced_is_refused_beforehand(tmp_path: Path) -> None:
    """A folder, a FIFO, a link and a folder that is not there: before anything runs, and when it is written."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("fifo", "folder", "link", "nowhere/out"):
        for write in (prove_writable, lambda path: write_file(path, b"")):
            with pytest.raises(BadInput, match="cannot write"):
                write(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "folder", "link"]
