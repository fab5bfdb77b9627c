"""`bench check` against a git ref compares two states of all that the mode is made of, or says that it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.check.repository import lay_out
from harness.machine.git import Repository
from harness.machine.runfolder import run_folder
from tests.kernel.bench import PATIENCE, command, surroundings
from tests.repository import commit, git

NOBODY = 65534
# Counts have no noise: two blocks, which a large alpha lets fail, find one more allocation per event.
COUNTED = ("--metrics", "allocations_per_event", "--alpha", "0.3", "--blocks", "2", "--drain", "1000", "--quiet")
MODE = """
from modes import Mode
{imports}


class Consumer(Mode):
    def take(self, samples):
        {work}
        self.consumed += len(samples)
"""
FEW = MODE.format(imports="", work="pass")
MANY = MODE.format(imports="", work="[object() for _ in samples]")


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository's folder, of root without a user behind it."""
    for name in list(os.environ):
        if name.startswith("SUDO_"):
            monkeypatch.delenv(name)
    return tmp_path / "the project"


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """One that others than root can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def check(top: Path, *words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = surroundings()
    if path is not None:
        environment["PYTHONPATH"] += f":{path}"
    return subprocess.run(
        command("check", *words, *COUNTED, "--out", top.parent / "results.jsonl"),
        capture_output=True, text=True, timeout=180 * PATIENCE, env=environment, check=False, cwd=top,
    )  # fmt: skip


@pytest.fixture
def src_layout(top: Path) -> Path:
    """A mode that imports a package from `src`, which allocates more from the second commit on."""
    mode = MODE.format(imports="import pkg", work="pkg.work(samples)")
    commit(top, **{"benchmarks/c.py": mode, "src/pkg/__init__.py": "work = len\n"})
    commit(top, **{"src/pkg/__init__.py": "def work(samples): [object() for _ in samples]\n"})
    return top


@pytest.mark.slow
@pytest.mark.parametrize("path", ["src", "{top}/src"])
def test_each_arm_imports_the_users_path_from_its_own_tree(src_layout: Path, path: str) -> None:
    """The change is in the package alone, and is found."""
    words = ("--mode", "benchmarks/c.py", "--against", "HEAD~1")
    ended = check(src_layout, *words, path=path.format(top=src_layout))
    assert ended.returncode == 1, ended.stdout + ended.stderr


@pytest.mark.slow
def test_each_state_of_a_mode_is_read_as_it_can_be(top: Path) -> None:
    """The commit has a method for records only, the working tree one for batches only: a verdict on both."""
    by_record = "from modes import Mode\n\n\nclass Consumer(Mode):\n    def on_record(self, *_):\n"
    commit(top, c_py=by_record + "        self.consumed += 1\n        return 0\n")
    (top / "c.py").write_text(FEW)
    ended = check(top, "--mode", "c.py", "--against", "HEAD")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "with changes), c.py read by batch" in ended.stdout
    assert ", c.py read by callback" in ended.stdout


def test_a_package_that_both_arms_would_share_is_refused(src_layout: Path) -> None:
    """As an editable install or a path in the mode brings it in: status 2, its file, and what to type."""
    line = f"import sys; sys.path.insert(0, {str(src_layout / 'src')!r})\n"
    mode = src_layout / "benchmarks" / "c.py"
    commit(src_layout, **{"benchmarks/c.py": line + mode.read_text()})
    ended = check(src_layout, "--mode", "benchmarks/c.py", "--against", "HEAD")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert f"bench: pkg comes from {src_layout}/src/pkg/__init__.py" in ended.stderr
    assert f"sudo env PYTHONPATH='{src_layout}/src'" in ended.stderr


def test_a_package_that_comes_in_late_is_refused_too(src_layout: Path) -> None:
    """Imported by the first batch."""
    late = f"import sys; sys.path.insert(0, {str(src_layout / 'src')!r}); import pkg"
    commit(src_layout, **{"benchmarks/c.py": MODE.format(imports="", work=late)})
    ended = check(src_layout, "--mode", "benchmarks/c.py", "--against", "HEAD")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert f"bench: pkg comes from {src_layout}/src/pkg/__init__.py" in ended.stderr


def test_a_generated_helper_is_named(top: Path) -> None:
    """Git ignores it, so the baseline has none; the cure is one that works."""
    helper = "import os, sys; sys.path.insert(0, os.path.dirname(os.path.abspath(__file__))); import _version"
    commit(top, c_py=MODE.format(imports=helper, work="pass"), **{".gitignore": "_version.py\n"})
    (top / "_version.py").touch()
    ended = check(top, "--mode", "c.py", "--against", "HEAD")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert f"{top} has _version.py, which the baseline's commit has not" in ended.stderr
    assert "--against file:FOLDER/MODE" in ended.stderr


@pytest.mark.slow
def test_a_link_that_leads_to_another_file_since_is_found(top: Path) -> None:
    """The link is the only change; what the arms imported from outside is said once."""
    (top / "elsewhere").mkdir(parents=True)
    (top / "elsewhere" / "other.py").write_text("__version__ = '1.5'\n")
    (top / "elsewhere" / "pyvenv.cfg").touch()
    commit(top, few_py="import other\n" + FEW, many_py="import other\n" + MANY, **{".gitignore": "elsewhere\n"})
    (top / "c.py").symlink_to("few.py")
    commit(top)
    (top / "c.py").unlink()
    (top / "c.py").symlink_to("many.py")
    commit(top)
    ended = check(top, "--mode", "c.py", "--against", "HEAD~1", path=f"{top}/elsewhere")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stderr.count("outside") == 1
    assert f"import from outside their trees: other 1.5 ({top}/elsewhere/other.py)" in ended.stderr


def test_what_git_makes_and_touches_stays_its_owners(nobodys_folder: Path) -> None:
    """Root lays out a commit of an ordinary user and asks for changes: every file in both places is the user's."""
    top = nobodys_folder / "project"
    commit(top, c_py=FEW)
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", top], check=True)
    os.utime(top / "c.py", (1, 1))  # so that git would like to write the index anew
    found = Repository.holding(top)
    assert found is not None
    base = nobodys_folder / "base"
    with run_folder(base) as session:
        lay_out(found, found.commit("HEAD") or "", session / "tree-0")
        assert {path.lstat().st_uid for path in (session / "tree-0").rglob("*")} == {NOBODY}
        assert not found.changed
        assert {path.lstat().st_uid for path in top.rglob("*")} == {NOBODY}
    assert {path.lstat().st_uid for path in top.rglob("*")} == {NOBODY}
    assert not (top / ".git" / "worktrees").exists()


def test_a_run_from_a_hook_records_its_own_commit(tmp_path: Path) -> None:
    """A session says which bench measured, and not which repository the hook was of; nor is the index rewritten."""
    other = tmp_path / "other"
    commit(other, a="1")
    out = tmp_path / "results.jsonl"
    words = " ".join(
        f"'{word}'" for word in command("run", "--mode", "null", "--drain", "100", "--trials", "1", "--quiet")
    )
    hook = other / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\n{words} --out '{out}' >/dev/null\n")
    hook.chmod(0o755)
    git(other, "commit", "-q", "--allow-empty", "-m", "two")
    ours = Repository.holding(Path(command.__code__.co_filename).parent)
    assert json.loads(out.read_text().splitlines()[0])["host"]["commit"] == (ours and ours.description())
