"""Where tests make control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

TOP = Path("/sys/fs/cgroup")


def folder_for_groups(controller: str) -> Path:
    """Return a folder in which a new group has this controller: our own group's or, in version 2, the nearest above it
    that grants it. Skips where there is none.
    """
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        own.update(dict.fromkeys(names.split(","), path.lstrip("/")))
    if controller in own:
        return TOP / controller / own[controller]
    if "" in own:
        inside = TOP / own[""]
        for folder in (inside, *inside.parents):
            granted = folder / "cgroup.subtree_control"
            if granted.exists() and controller in granted.read_text().split():
                return folder
    pytest.skip(f"no control group here has the controller {controller}")
