"""Files that are written: made or emptied or continued, wherever links of one's own lead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from results.output import open_output, write_file


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
