"""A mode file is code that runs as root: one that others could have written is refused."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import subprocess
from pathlib import Path

import pytest

from modes import load_mode

SOURCE = "from modes import Mode\nclass Mine(Mode):\n    def take(self, samples): pass\n"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users")


@pytest.fixture
def mode(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    path.chmod(0o644)
    return path


def test_a_file_that_everybody_may_write_is_refused(mode: Path) -> None:
    """World-writable, whoever owns it; the cure is named."""
    mode.chmod(0o646)
    with pytest.raises(ValueError, match=r"everybody may write it; chmod o-w .*mine\.py"):
        load_mode(str(mode))


def test_a_file_that_everybody_may_write_since_it_was_loaded_is_refused(mode: Path) -> None:
    """That it ran once already does not spare it the look."""
    load_mode(str(mode))
    mode.chmod(0o646)
    with pytest.raises(ValueError, match="everybody may write it"):
        load_mode(str(mode))


@AS_ROOT
def test_a_strangers_file_is_refused_and_the_callers_is_not(mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must belong to root or to the user who called sudo."""
    os.chown(mode, 54321, 0)
    monkeypatch.setenv("SUDO_UID", "12345")
    with pytest.raises(ValueError, match="belongs to user 54321, who is neither root nor you"):
        load_mode(str(mode))
    monkeypatch.setenv("SUDO_UID", "54321")
    load_mode(str(mode))


@AS_ROOT
@pytest.mark.parametrize(("user", "group", "taken"), [("daemon", "daemon", True), ("daemon", "games", False)])
def test_a_groups_file_is_refused_unless_it_is_the_owners_own_group(
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


@AS_ROOT
def test_a_group_that_others_are_in_too_is_not_the_owners_own(mode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """nobody's group is the primary one of other users as well, on Debian: what it may write, they may."""
    subprocess.run(["chown", "nobody:nogroup", mode], check=True)
    mode.chmod(0o664)
    monkeypatch.setenv("SUDO_UID", str(mode.stat().st_uid))
    with pytest.raises(ValueError, match="may write it"):
        load_mode(str(mode))


def test_a_compiled_copy_beside_it_is_not_run(mode: Path) -> None:
    """Bytecode in __pycache__ may be another's: the source that was checked is what runs, and none is left there."""
    planted = mode.with_name("planted.py")
    planted.write_text("raise SystemExit('planted code ran')")
    compiled = Path(importlib.util.cache_from_source(str(mode)))
    compiled.parent.mkdir()
    py_compile.compile(
        str(planted), str(compiled), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, doraise=True
    )
    load_mode(str(mode))
    compiled.unlink()
    load_mode(str(mode))
    assert not compiled.exists()


@pytest.mark.parametrize("nature", ["folder", "FIFO"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, nature: str) -> None:
    """A FIFO without a writer does not hang the command."""
    path = tmp_path / "mine.py"
    path.mkdir() if nature == "folder" else os.mkfifo(path)
    with pytest.raises(ValueError, match="is not a file"):
        load_mode(str(path))
