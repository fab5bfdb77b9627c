"""PYTHONPATH serves the user's modes, after Python's library, bench and its dependencies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.machine.checkout import checkout
from harness.machine.user_path import user_path

TELL = "import sys\nfrom harness.machine.user_path import search, user_path\nsearch(user_path())\n"


def tell(cwd: Path, words: str, **environment: str) -> str:
    """Run a line in a process of bench's kind."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", TELL + words],
        capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["harness", "bpf", "results", "modes", "traffic", "bcc", "numpy", "rich", "random"])
def test_what_is_ours_stays_ours(tmp_path: Path, name: str) -> None:
    """A namesake on the user's path is never run, however it is laid out."""
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / f"{name}.py").write_text("print('theirs')\n")
    (tmp_path / "folder" / name).mkdir(parents=True)
    (tmp_path / "folder" / name / "__init__.py").write_text("print('theirs')\n")
    path = f"{tmp_path}/file:{tmp_path}/folder"
    words = f"import importlib.util as u; print(u.find_spec({name!r}).origin)"
    assert not tell(tmp_path, words, PYTHONPATH=path).startswith(str(tmp_path))


def test_what_is_the_users_is_found(tmp_path: Path) -> None:
    """Modules, packages with modules in them, and folders of a common name, wherever the command was typed."""
    (tmp_path / "src" / "pkg").mkdir(parents=True)
    (tmp_path / "src" / "pkg" / "deep.py").write_text("WORD = 'deep'\n")
    (tmp_path / "src" / "flat.py").write_text("WORD = 'flat'\n")
    words = "import flat, pkg.deep; print(flat.WORD, pkg.deep.WORD)"
    for path in (f"{tmp_path}/src", f"/nonexistent:{tmp_path}/src:", "src"):
        assert tell(tmp_path, words, PYTHONPATH=path) == "flat deep"


def test_the_path_is_absolute_and_an_empty_entry_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A worker looks from another folder; and the one a command is typed in may be anybody's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f":src::{checkout()}:")
    assert user_path() == [tmp_path / "src", checkout()]
    monkeypatch.delenv("PYTHONPATH")
    assert user_path() == []


@pytest.mark.parametrize("path", ["{0}", "lib", "/nonexistent:{0}:"])
def test_what_lies_there_tells_its_version(tmp_path: Path, path: str) -> None:
    """As Python's own way to ask for it; of what is ours, a namesake's tells nothing."""
    folder = tmp_path / "lib"
    for name, version in (("users-own", "2.5"), ("numpy", "0.0.1"), ("rich", "0.0.1")):
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    words = (
        "from importlib.metadata import distributions, version; "
        "print(version('users-own'), version('users_own'), '0.0.1' in (version('numpy'), version('rich')), "
        "sum(each.name == 'users-own' for each in distributions()))"
    )
    assert tell(tmp_path, words, PYTHONPATH=path.format(folder)) == "2.5 2.5 False 1"
