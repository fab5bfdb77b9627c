"""Make git repositories to test with, free of the configuration and hooks of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_FREE = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
_SETTINGS = {
    "user.name": "t",
    "user.email": "t@example.org",
    "commit.gpgsign": "false",
    "init.defaultBranch": "trunk",
    "protocol.file.allow": "always",
    "advice.detachedHead": "false",
}


def git(folder: Path, *words: str) -> str:
    """Run git in a folder; return what it prints."""
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    done = subprocess.run(
        ["git", "-C", folder, *settings, *words], check=True, capture_output=True, text=True, env=_FREE
    )
    return done.stdout.strip()


def commit(folder: Path, message: str = "change", **files: str) -> str:
    """Write files (`a_py` is a.py), commit all that is there, and return the commit; make the repository first."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q")
    for name, text in files.items():
        path = folder / (f"{name[:-3]}.py" if name.endswith("_py") else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")
