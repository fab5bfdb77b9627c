"""The link by which bench is found from any folder."""

from __future__ import annotations

from pathlib import Path

from harness.cli import checkout

# On sudo's own PATH (secure_path) of Debian, Ubuntu and Fedora.
LINK = Path("/usr/local/bin/bench")


def launcher() -> Path:
    return checkout() / "bench"


def points_here() -> bool:
    """Say whether the link is ours, that is, this very checkout's."""
    return LINK.is_symlink() and LINK.readlink() == launcher()
