"""The two trees of a check are two states of the sources, whole, and nothing of them is left in the repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.check import trees
from harness.check.arms import Arms, against
from harness.check.repository import lay_out
from harness.control import PROTOCOL
from harness.machine.checkout import checkout
from harness.machine.git import Repository
from harness.machine.runfolder import remove, run_folder, stale_folders
from harness.trial import Tree
from harness.wishes import Wishes
from results.errors import BadInput
from tests.repository import commit, git

MODE = """
from modes import Mode


class Consumer(Mode):
    def take(self, samples):
        self.consumed += len(samples)
"""


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for a repository, in which the command is typed."""
    folder = tmp_path / "the project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Path]:
    with run_folder(tmp_path / "base") as folder:
        yield folder


def compare(session: Path, mode: str = "c.py", ref: str = "HEAD") -> tuple[Tree, Tree]:
    return pair(against(f"git:{ref}", [mode], Wishes(), session), mode)


def pair(arms: Arms, mode: str) -> tuple[Tree, Tree]:
    a, b = arms.pairs[mode]
    assert a.tree is not None
    assert b.tree is not None
    return a.tree, b.tree


@pytest.mark.parametrize("attribute", ["export-ignore", "export-subst"])
def test_what_an_archive_treats_otherwise_is_checked_out(top: Path, session: Path, attribute: str) -> None:
    """The baseline is a checkout: with the files that releases go without, and with the text that was committed."""
    text = MODE + "# $Format:%H$\n"
    commit(top, **{"benchmarks/c.py": text, ".gitattributes": f"benchmarks {attribute}\nbenchmarks/* {attribute}\n"})
    a, _ = compare(session, "benchmarks/c.py")
    assert (a.folder / a.mode).read_text() == text


def test_submodules_are_laid_out_from_what_is_here(top: Path, tmp_path: Path, session: Path) -> None:
    """Each at the commit that the baseline pins, those of submodules too, with nothing fetched."""
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    commit(inner, i_py="I = 1\n")
    commit(outer, o_py="O = 1\n")
    git(outer, "submodule", "add", "-q", str(inner), "deep")
    commit(outer, "with the inner one")
    commit(top, c_py=MODE)
    git(top, "submodule", "add", "-q", str(outer), "lib")
    git(top, "submodule", "update", "-q", "--init", "--recursive")
    first = commit(top, "with submodules")
    commit(outer, o_py="O = 2\n")
    git(top / "lib", "pull", "-q")
    commit(top, "newer")
    outer.rename(tmp_path / "gone")
    a, b = compare(session, ref=first)
    assert [(tree.folder / "lib/o.py").read_text() for tree in (a, b)] == ["O = 1\n", "O = 2\n"]
    assert (a.folder / "lib/deep/i.py").read_text() == "I = 1\n"


def test_a_submodule_that_is_nowhere_here_is_named(top: Path, tmp_path: Path, session: Path) -> None:
    """Empty in both arms: said; its commit not here: refused, with what fetches it."""
    sub = tmp_path / "sub"
    commit(sub, s_py="S = 1\n")
    commit(top, c_py=MODE)
    git(top, "submodule", "add", "-q", str(sub), "lib")
    commit(top, "with a submodule")
    git(top, "submodule", "deinit", "-q", "-f", "lib")
    arms = against("git:HEAD", ["c.py"], Wishes(), session)
    assert arms.lacks == (f"the submodule {top}/lib is not checked out, and is left empty in the baseline too",)

    git(top, "submodule", "update", "-q", "--init", "lib")
    newer = commit(sub, s_py="S = 2\n")
    git(top, "update-index", "--cacheinfo", f"160000,{newer},lib")
    git(top, "commit", "-qm", "newer")
    found = Repository.holding(top)
    assert found is not None
    with pytest.raises(BadInput, match=f"is not here; type: git -C .*lib fetch origin {newer}"):
        lay_out(found, found.commit("HEAD") or "", session / "again")


def test_nothing_stays_in_the_repository(top: Path, tmp_path: Path) -> None:
    """Neither after a session, nor after one that was killed once `bench clean` has been there."""
    commit(top, c_py=MODE)
    inside = sorted(path.relative_to(top) for path in top.rglob("*"))
    with run_folder(tmp_path / "base") as session:
        a, _ = compare(session)
        (a.folder / "__pycache__").mkdir()  # as a process leaves behind
        assert "detached" in git(top, "worktree", "list")
    assert sorted(path.relative_to(top) for path in top.rglob("*")) == inside

    killed = tmp_path / "base" / "session-1-killed"  # nobody holds it
    killed.mkdir()
    compare(killed)
    (stale,) = stale_folders(tmp_path / "base")
    remove(stale)
    assert sorted(path.relative_to(top) for path in top.rglob("*")) == inside


def test_a_hook_of_the_repository_does_not_run(top: Path, tmp_path: Path, session: Path) -> None:
    """A post-checkout hook that installs or builds would change the working tree's state, not the baseline's."""
    commit(top, c_py=MODE)
    hook = top / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    hook.chmod(0o755)
    compare(session)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("below", ["", "deep/"], ids=["at the top", "in a folder"])
def test_a_link_is_followed_in_each_commit(top: Path, session: Path, below: str) -> None:
    """Where it leads may be the only change."""
    place = top / below
    place.mkdir(exist_ok=True)
    for text in ("one", "two"):
        (place / f"{text}.py").write_text(MODE + f"# {text}\n")
    for text in ("one", "two"):
        (place / "c.py").unlink(missing_ok=True)
        (place / "c.py").symlink_to(f"{text}.py")
        commit(top, text)
    a, b = compare(session, f"{below}c.py", "HEAD~1")
    assert [(tree.folder / tree.mode).read_text().splitlines()[-1] for tree in (a, b)] == ["# one", "# two"]


def test_a_linked_folder_and_a_linked_checkout_are_followed_too(top: Path, tmp_path: Path, session: Path) -> None:
    """A folder's link may be what changed; how the checkout was reached does not matter, nor `..`."""
    for text in ("one", "two"):
        commit(top, **{f"{text}/c.py": MODE + f"# {text}\n"})
    for text in ("one", "two"):
        (top / "current").unlink(missing_ok=True)
        (top / "current").symlink_to(text)
        commit(top, text)
    (tmp_path / "way").symlink_to(top)
    for number, mode in enumerate([f"{tmp_path}/way/current/c.py", "one/../current/c.py"]):
        (session / str(number)).mkdir()
        a, b = compare(session / str(number), mode, "HEAD~1")
        assert [(tree.folder / tree.mode).read_text().splitlines()[-1] for tree in (a, b)] == ["# one", "# two"]


@pytest.mark.parametrize(
    ("leads_to", "says"),
    [("{top}/one.py", "leads out of HEAD"), ("../outside.py", "leads"), ("/etc/hostname", "leads out of HEAD")],
    ids=["absolute", "above", "elsewhere"],
)
def test_a_link_that_leads_out_of_its_tree_is_refused(
    top: Path, tmp_path: Path, session: Path, leads_to: str, says: str
) -> None:
    """Both arms would run the one file that it leads to."""
    (tmp_path / "outside.py").write_text(MODE)
    commit(top, one_py=MODE, c_py=MODE)
    laid = trees.lay_out_for(["c.py"], "HEAD", session)["c.py"]
    (laid.folder / "c.py").unlink()
    (laid.folder / "c.py").symlink_to(leads_to.format(top=top))
    with pytest.raises(BadInput, match=says):
        trees.trees("c.py", laid, [laid], "HEAD")


@pytest.mark.parametrize("name", ["harness/control.py", "harness/__init__.py", "results/__init__.py", "modes/null.py"])
def test_a_strangers_folders_are_not_taken_for_ours(top: Path, session: Path, name: str) -> None:
    """A project may well have a folder called harness: our own checkout is told by where it is."""
    commit(top, c_py=MODE, **{name: "PROTOCOL = 'theirs'\n"})
    a, b = compare(session)
    assert (a.harness, b.harness) == (checkout(), checkout())
    assert (a.import_path[0], b.import_path[0]) == (a.folder, top)


@pytest.mark.parametrize(("said", "says"), [("PROTOCOL = 1", "protocol 1"), ("OTHER = 1", "states no")])
def test_a_ref_that_speaks_another_protocol_is_refused(said: str, says: str, tmp_path: Path) -> None:
    """A worker that would misunderstand the harness is never started."""
    with pytest.raises(BadInput, match="states no"):
        trees._refuse_other_protocol(tmp_path, "old")
    control = tmp_path / "harness" / "control.py"
    control.parent.mkdir()
    control.write_text(said + "\n")
    with pytest.raises(BadInput, match=says):
        trees._refuse_other_protocol(tmp_path, "old")
    control.write_text(f"PROTOCOL = {PROTOCOL}\n")
    trees._refuse_other_protocol(tmp_path, "new")


def test_the_users_path_is_moved_into_the_baseline(
    top: Path, tmp_path: Path, session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folders in the repository, relative ones too, but no virtual environment there, and none outside."""
    commit(top, c_py=MODE, src__p_py="", **{".gitignore": "env\n"})
    (top / "env/lib").mkdir(parents=True)
    (top / "env/pyvenv.cfg").touch()
    monkeypatch.setenv("PYTHONPATH", f"{top}/src::src:{top}/env/lib:{tmp_path}/else")
    a, b = compare(session)
    rest = (top / "env/lib", tmp_path / "else")
    assert a.import_path == (a.folder, a.folder / "src", a.folder / "src", *rest)
    assert b.import_path == (top, top / "src", top / "src", *rest)
