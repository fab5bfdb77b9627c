"""Look into the repository of the consumer under test, and lay out one of its commits aside.

Git runs as the user who called sudo: a repository may name programs to run (filters, hooks, fsmonitor), and they are
the user's to run, not root's. Nothing is written to the repository, so that nothing has to be cleaned up there.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

from bpf.errors import CannotRun
from harness.caller import Caller
from results.errors import BadInput


class Repository:
    """A git repository, seen as the calling user sees it."""

    def __init__(self, top: Path, owner: Caller) -> None:
        self.top = top
        self._owner = owner

    @classmethod
    def holding(cls, folder: Path, owner: Caller) -> Repository | None:
        """Find the repository that a folder is in; None when it is in none. Raises BadInput when git will not say."""
        found = _git(folder, owner, "rev-parse", "--show-toplevel")
        if found.returncode == 0:
            return cls(Path(os.fsdecode(found.stdout).rstrip("\n")), owner)
        if b"not a git repository" in found.stderr:
            return None
        raise BadInput(f"git cannot look into {folder}: {_complaint(found)}")

    def commit(self, ref: str) -> str | None:
        """Return the commit that a ref names; None when it names none."""
        found = _git(self.top, self._owner, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return found.stdout.decode().strip() if found.returncode == 0 else None

    @property
    def changed(self) -> bool:
        """Tell whether tracked files differ from the last commit."""
        return bool(_git(self.top, self._owner, "status", "--porcelain", "--untracked-files=no").stdout.strip())

    def tracks(self, file: Path) -> bool:
        """Tell whether a file is one of the repository's."""
        return _git(self.top, self._owner, "ls-files", "--error-unmatch", "--", str(file)).returncode == 0

    def lay_out(self, commit: str, folder: Path) -> None:
        """Write the files of a commit into a folder, which becomes root's. Raises BadInput when git cannot."""
        archive = _git(self.top, self._owner, "archive", "--format=tar", commit)
        if archive.returncode:
            raise BadInput(f"git cannot lay out {commit} of {self.top}: {_complaint(archive)}")
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            for member in files:
                _extract(files, member, folder)


def _extract(files: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one member as ours, never outside `folder` (Python 3.11.2, Debian's, has no extraction filters yet)."""
    place = folder / member.name
    if not place.parent.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"the archive of git holds {member.name}, which lies outside of it")
    if member.isdir():
        place.mkdir(exist_ok=True)
    elif member.issym():
        place.symlink_to(member.linkname)
    elif (content := files.extractfile(member)) is not None:
        place.write_bytes(content.read())
        place.chmod(0o755 if member.mode & 0o100 else 0o644)


def _complaint(answer: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(answer.stderr.decode(errors="replace").split())


def _git(folder: Path, owner: Caller, *words: str) -> subprocess.CompletedProcess[bytes]:
    is_root = os.geteuid() == 0
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"HOME": str(owner.home), "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *words],
            check=False,
            capture_output=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            user=owner.uid if is_root else None,
            group=owner.gid if is_root else None,
            extra_groups=[] if is_root else None,
        )
    except FileNotFoundError as error:
        raise CannotRun("git is not installed, and check looks into a repository", "apt install git") from error
