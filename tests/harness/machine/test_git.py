"""Git is asked about the repository that is meant, and nothing is changed by asking."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.machine.git import Repository
from tests.repository import commit, git

CHECKOUT = Path(__file__).resolve().parents[3]
# What a hook prints by which a commit is recorded.
ASK = (
    f"import sys; sys.path.insert(0, {str(CHECKOUT)!r})\n"
    "import json; from pathlib import Path; from harness.machine.git import Repository\n"
    "found = Repository.holding(Path(sys.argv[1]))\n"
    "print(json.dumps([str(found.top), found.commit('HEAD'), found.description()]))\n"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "the project"
    commit(top, a="1", b="1")
    return top


@pytest.mark.parametrize("hook", ["pre-commit", "post-commit", "pre-rebase"])
def test_a_hook_of_another_repository_does_not_change_the_answer(repository: Path, tmp_path: Path, hook: str) -> None:
    """Git tells its hooks which repository and which index are meant; a clean checkout stays one, and stays itself."""
    other = tmp_path / "other"
    commit(other, c="1")
    head = git(repository, "rev-parse", "HEAD")
    (tmp_path / "ask.py").write_text(ASK)
    path = other / ".git" / "hooks" / hook
    path.write_text(f"#!/bin/sh\n'{sys.executable}' '{tmp_path}/ask.py' '{repository}' >'{tmp_path}/said'\n")
    path.chmod(0o755)
    (other / "c").write_text("2")
    git(other, "commit", "-qam", "two")
    if hook == "pre-rebase":
        git(other, "rebase", "-q", "--force-rebase", "HEAD~1")
    assert json.loads((tmp_path / "said").read_text()) == [str(repository), head, head[:12]]


@pytest.mark.parametrize(
    "hostile",
    [
        {"GIT_DIR": "/nonexistent"},
        {"GIT_INDEX_FILE": "/dev/null"},
        {"GIT_WORK_TREE": "/"},
        {"GIT_OBJECT_DIRECTORY": "/nonexistent"},
        {"GIT_NAMESPACE": "x"},
        {"GIT_CONFIG_COUNT": "nonsense"},
        {"GIT_CEILING_DIRECTORIES": "/"},
    ],
    ids=str,
)
def test_no_variable_of_gits_changes_the_answer(
    repository: Path, hostile: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever set it, it was not for this repository."""
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    found = Repository.holding(repository / ".")
    assert found is not None
    assert found.top == repository
    assert not found.changed
    assert found.commit("HEAD") == found.commit("trunk")


def test_asking_takes_no_lock_and_writes_nothing(repository: Path) -> None:
    """A commit that is under way holds the index; a file that only looks changed is no reason to write the index."""
    before = (repository / ".git" / "index").stat()
    os.utime(repository / "a", (1, 1))
    lock = repository / ".git" / "index.lock"
    lock.touch()
    found = Repository(repository)
    assert (found.changed, found.description()) == (False, git(repository, "rev-parse", "HEAD")[:12])
    lock.unlink()
    assert (found.changed, found.description()) == (False, git(repository, "rev-parse", "HEAD")[:12])
    after = (repository / ".git" / "index").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_uid) == (before.st_ino, before.st_mtime_ns, before.st_uid)


def test_a_change_marks_the_description_and_a_tag_names_it(repository: Path) -> None:
    """As `git describe --dirty` would."""
    git(repository, "tag", "-am", "one", "v1")
    assert Repository(repository).description() == "v1"
    (repository / "a").write_text("2")
    assert Repository(repository).description() == "v1-dirty"


@pytest.mark.parametrize(
    ("ref", "depth", "says"),
    [
        ("nosuch", None, "has no such ref"),
        ("0" * 40, None, "git's word for no commit"),
        ("HEAD~1", 1, "being a shallow clone; type: git -C"),
    ],
    ids=["unknown", "a new branch", "shallow"],
)
def test_a_ref_that_names_no_commit_is_explained(
    repository: Path, tmp_path: Path, ref: str, depth: int | None, says: str
) -> None:
    """A shallow clone has a cure; the zeros of an event that made a branch never name one."""
    commit(repository, a="3")
    deep = [] if depth is None else [f"--depth={depth}"]
    git(tmp_path, "clone", "-q", *deep, repository.as_uri(), str(tmp_path / "clone"))
    found = Repository(tmp_path / "clone")
    assert found.commit(ref) is None
    assert says in found.why_not(ref)
    assert ("--unshallow" in found.why_not(ref)) == (depth is not None)


def test_what_is_no_repository_is_none(tmp_path: Path) -> None:
    """Nor is a folder that is not there; a repository before its first commit has nothing to be described by."""
    assert Repository.holding(tmp_path) is None
    assert Repository.holding(tmp_path / "nowhere") is None
    subprocess.run(["git", "init", "-q", tmp_path / "empty"], check=True)
    assert Repository(tmp_path / "empty").description() is None
