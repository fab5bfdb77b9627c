"""Files that root writes: through no stranger's link, to plain files only, and they become the caller's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from results.output import open_output, write_file

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users")
STRANGER = 54321


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder as /tmp, in which a stranger has been at work."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


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


@AS_ROOT
def test_a_strangers_link_is_not_followed_in_the_middle_of_a_path(shared: Path, tmp_path: Path) -> None:
    """It could lead root into a folder where only root may write."""
    target = tmp_path / "target"
    target.mkdir()
    planted = shared / "results"
    planted.symlink_to(target)
    os.lchown(planted, STRANGER, STRANGER)
    with pytest.raises(ValueError, match=f"user {STRANGER}'s link leads to .*target; name the folder itself"):
        write_file(planted / "out", b"")
    assert list(target.iterdir()) == []


@AS_ROOT
@pytest.mark.parametrize("append", [True, False])
def test_a_strangers_file_in_a_shared_folder_is_not_touched(shared: Path, append: bool) -> None:
    """Whoever planted it could read and change the results."""
    planted = shared / "out"
    planted.write_text("theirs")
    os.chown(planted, STRANGER, STRANGER)
    with pytest.raises(ValueError, match=f"it is user {STRANGER}'s, in a folder that others can write"):
        open_output(planted, append=append)
    assert planted.read_text() == "theirs"


@AS_ROOT
def test_a_second_name_of_another_file_is_not_emptied(shared: Path, tmp_path: Path) -> None:
    """A hard link in a shared folder is a way to have root overwrite what is not the planter's."""
    valuable = tmp_path / "valuable"
    valuable.write_text("precious")
    (shared / "out").hardlink_to(valuable)
    with pytest.raises(ValueError, match=r"2 names \(hard links\)"):
        write_file(shared / "out", b"")
    assert valuable.read_text() == "precious"


@AS_ROOT
def test_a_new_file_belongs_to_who_called_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(STRANGER))
    monkeypatch.setenv("SUDO_GID", str(STRANGER))
    write_file(tmp_path / "out", b"")
    status = (tmp_path / "out").stat()
    assert (status.st_uid, status.st_gid) == (STRANGER, STRANGER)
