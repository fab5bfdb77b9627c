"""Lay out commits as worktrees of their repositories, submodules included, and take them back.

A worktree is a checkout as its owner would make it: with the files that an archive leaves out, filtered as the
repository says. It has an entry in the repository's .git, so a list in the session's folder says which ones are there,
by which they are taken back even when the session was killed.
"""

import json
import os
from pathlib import Path

from harness.machine.git import Repository, complaint, git, owner_of
from results.errors import BadInput

_LIST = "worktrees"


def lay_out(repository: Repository, commit: str, folder: Path) -> list[str]:
    """Make `folder`, new in a session's folder, a worktree of a commit; say which submodules are left empty.

    Everything in it belongs to the repository's owner. Raises BadInput when git cannot.
    """
    session = folder.parent
    folder.mkdir()
    if os.geteuid() == 0:
        # The owner's git passes through folders that it cannot list.
        session.parent.chmod(0o711)
        session.chmod(0o711)
        owner = owner_of(repository.top)
        os.chown(folder, owner.uid, owner.gid)
    return _add(repository, commit, folder, session / _LIST)


def _add(repository: Repository, commit: str, folder: Path, listed: Path) -> list[str]:
    with listed.open("a") as file:  # before there is anything to take back
        file.write(json.dumps([str(repository.top), str(folder)]) + "\n")
    made = git(repository.top, "worktree", "add", "--quiet", "--detach", str(folder), commit)
    if made.returncode:
        raise BadInput(f"git cannot lay out {commit[:12]} of {repository.top}: {complaint(made)}")
    return [
        word
        for path, pinned in _submodules(repository, commit).items()
        for word in _add_submodule(repository.top / path, pinned, folder / path, listed)
    ]


def _submodules(repository: Repository, commit: str) -> dict[str, str]:
    """Return the commits that a commit pins, by the folders of their submodules."""
    entries = git(repository.top, "ls-tree", "-r", "-z", commit).stdout.split(b"\0")
    split = [entry.partition(b"\t") for entry in entries if entry.startswith(b"160000 ")]
    return {os.fsdecode(path): about.split()[2].decode() for about, _, path in split}


def _add_submodule(ours: Path, commit: str, folder: Path, listed: Path) -> list[str]:
    """Lay out the commit of a submodule from the objects that are here: nothing is fetched."""
    submodule = Repository.holding(ours)
    if submodule is None or not submodule.top.samefile(ours):
        return [f"the submodule {ours} is not checked out, and is left empty in the baseline too"]
    if submodule.commit(commit) is None:
        raise BadInput(
            f"the baseline's commit {commit[:12]} of the submodule {ours} is not here; "
            f"type: git -C {ours} fetch origin {commit}"
        )
    return _add(submodule, commit, folder, listed)


def take_back(session: Path) -> None:
    """Remove the worktrees in a session's folder, and their entries in the repositories."""
    listed = session / _LIST
    if not listed.exists():
        return
    for line in reversed(listed.read_text().splitlines()):  # those of submodules first
        top, folder = json.loads(line)
        if Path(top).is_dir():
            # Twice --force: also one that a killed git left locked. What cannot be deleted goes with the session's.
            git(Path(top), "worktree", "remove", "--force", "--force", folder)
