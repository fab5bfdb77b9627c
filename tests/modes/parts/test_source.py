"""A mode file is code that runs as root: one that others could have written is refused."""

from __future__ import annotations

import importlib.util
import os
import py_compile
from pathlib import Path

import pytest

from modes import load_mode

SOURCE = "from modes import Mode\nclass Mine(Mode):\n    def take(self, samples): pass\n"


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
