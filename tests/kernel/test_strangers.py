"""What other users may have prepared for root: links and files in its way, modes to run, hooks of a repository."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.machine.git import Repository
from modes import load_mode
from results.errors import BadInput
from results.file import ResultWriter
from results.output import open_output, write_file
from tests.harness.check.test_action_script import an_action, clone, run
from tests.repository import commit

STRANGER = 54321
NOBODY = 65534


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder as /tmp, in which a stranger has been at work."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@pytest.fixture
def mode(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text("from modes import Mode\nclass Mine(Mode):\n    def take(self, samples): pass\n")
    path.chmod(0o644)
    return path


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """One that others than root can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def write(path: Path) -> None:
    write_file(path, b"")


def append(path: Path) -> None:
    ResultWriter(path).close()


writers = pytest.mark.parametrize("make", [write, append])


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


@pytest.mark.parametrize("append", [True, False])
def test_a_strangers_file_in_a_shared_folder_is_not_touched(shared: Path, append: bool) -> None:
    """Whoever planted it could read and change the results."""
    planted = shared / "out"
    planted.write_text("theirs")
    os.chown(planted, STRANGER, STRANGER)
    with pytest.raises(ValueError, match=f"it is user {STRANGER}'s, in a folder that others can write"):
        open_output(planted, append=append)
    assert planted.read_text() == "theirs"


@writers
def test_a_second_name_of_another_file_is_not_written(shared: Path, tmp_path: Path, make: Callable[..., None]) -> None:
    """A hard link in a shared folder is a way to have root overwrite what is not the planter's."""
    valuable = tmp_path / "valuable"
    valuable.write_text("precious")
    (shared / "out").hardlink_to(valuable)
    with pytest.raises(ValueError, match=r"2 names \(hard links\)"):
        make(shared / "out")
    assert valuable.read_text() == "precious"


@writers
def test_a_new_file_belongs_to_who_called_sudo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[..., None]
) -> None:
    """One that was there keeps its owner."""
    monkeypatch.setenv("SUDO_UID", str(STRANGER))
    monkeypatch.setenv("SUDO_GID", str(STRANGER + 1))
    (tmp_path / "old").touch()
    for name in ("old", "new"):
        make(tmp_path / name)
    owners = {path.name: (path.stat().st_uid, path.stat().st_gid) for path in tmp_path.iterdir()}
    assert owners == {"old": (0, 0), "new": (STRANGER, STRANGER + 1)}


@pytest.mark.parametrize("uid", ["4294967296", "9" * 30, "x", "-1", "", "²"])
def test_a_caller_who_cannot_be_leaves_the_file_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: str) -> None:
    """A SUDO_UID that is no user's is no fault."""
    monkeypatch.setenv("SUDO_UID", uid)
    monkeypatch.setenv("SUDO_GID", "0")
    write(tmp_path / "new")
    assert (tmp_path / "new").stat().st_uid == 0


def test_a_strangers_mode_is_refused_and_the_callers_is_not(mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must belong to root or to the user who called sudo."""
    os.chown(mode, STRANGER, 0)
    monkeypatch.setenv("SUDO_UID", "12345")
    with pytest.raises(ValueError, match=f"belongs to user {STRANGER}, who is neither root nor you"):
        load_mode(str(mode))
    monkeypatch.setenv("SUDO_UID", str(STRANGER))
    load_mode(str(mode))


@pytest.mark.parametrize(("user", "group", "taken"), [("daemon", "daemon", True), ("daemon", "games", False)])
def test_a_groups_mode_is_refused_unless_it_is_the_owners_own_group(
    mode: Path, monkeypatch: pytest.MonkeyPatch, user: str, group: str, taken: bool
) -> None:
    """Group-writable files are usual where each user has a group of their own."""
    subprocess.run(["chown", f"{user}:{group}", mode], check=True)
    mode.chmod(0o664)
    monkeypatch.setenv("SUDO_UID", str(mode.stat().st_uid))
    if taken:
        load_mode(str(mode))
    else:
        with pytest.raises(ValueError, match=r"the group .* may write it; chmod g-w"):
            load_mode(str(mode))


def test_a_group_that_others_are_in_too_is_not_the_owners_own(mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """nobody's group is the primary one of other users as well, on Debian: what it may write, they may."""
    subprocess.run(["chown", "nobody:nogroup", mode], check=True)
    mode.chmod(0o664)
    monkeypatch.setenv("SUDO_UID", str(mode.stat().st_uid))
    with pytest.raises(ValueError, match="may write it"):
        load_mode(str(mode))


def test_roots_repository_in_anothers_folder_is_looked_into(nobodys_folder: Path) -> None:
    """As in a container, whose root checks out into the folder of the machine's user; git calls that dubious."""
    top = nobodys_folder / "project"
    made = commit(top, c_py="x = 1\n")
    os.chown(top, NOBODY, NOBODY)
    found = Repository.holding(top)
    assert found is not None
    assert (found.commit("HEAD"), found.changed) == (made, False)


def test_another_repository_than_the_one_that_was_found_is_not_trusted(nobodys_folder: Path) -> None:
    """A .git of root's that is none leads git on to the one above, which may be anybody's: root runs nothing of it."""
    top, witness = nobodys_folder / "project", nobodys_folder / "witness"
    commit(top, c_py="x = 1\n")
    (top / "hook").write_text(f"#!/bin/sh\ntouch {witness}\n")
    (top / "hook").chmod(0o755)
    (top / ".git" / "config").write_text(f"[core]\n\tfsmonitor = {top}/hook\n")
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", top], check=True)
    (top / "inner").mkdir()
    (top / "inner" / ".git").symlink_to("/etc")
    with pytest.raises(BadInput, match="dubious ownership"):
        Repository.holding(top / "inner")
    assert not witness.exists()


@pytest.mark.parametrize("owner", [NOBODY, STRANGER, 0], ids=["a user", "one without a name", "root"])
def test_the_action_fetches_as_whom_the_checkout_belongs_to(nobodys_folder: Path, tmp_path: Path, owner: int) -> None:
    """What a shallow clone lacks is fetched in a job that runs as root: its owner can still write all of .git."""
    origin = nobodys_folder / "origin"
    before, _, head = (commit(origin, subject) for subject in ("0", "1", "2"))
    shallow = clone(origin, "trunk", 1)
    for folder in (origin, shallow):
        subprocess.run(["chown", "-R", f"{owner}:{owner}", folder], check=True)
    action = an_action(tmp_path)
    event = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/trunk"}
    ended = run(action, shallow, **event, BEFORE=before, GITHUB_SHA=head)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "words").read_text().splitlines()[4] == f"git:{before}"
    assert {path.stat().st_uid for path in (shallow / ".git").rglob("*")} == {owner}


def test_git_runs_as_the_calling_user(nobodys_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under sudo a program that the repository names runs with the caller's rights, not root's."""
    repository = nobodys_folder / "project"
    subprocess.run(["git", "init", "-q", repository], check=True)
    witness, hook = repository / "witness", repository / "hook"
    hook.write_text(f"#!/bin/sh\nid -u > {witness}\n")
    hook.chmod(0o755)
    (repository / ".git" / "config").write_text(f"[core]\n\tfsmonitor = {hook}\n")
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", repository], check=True)
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    assert Repository.holding(repository).changed in (True, False)
    assert witness.read_text().strip() == str(NOBODY)
