"""Look into a git repository; the one way in which git is called.

Git runs as the owner of the repository, free of the caller's GIT_*: a repository may name programs to run (filters,
hooks, fsmonitor), which are its owner's to run and not root's; what git writes stays its owner's; and a hook that
starts bench has set GIT_DIR and GIT_INDEX_FILE for a repository of its own. Looking takes no locks.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bpf.errors import CannotRun
from results.errors import BadInput


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository by its top folder, seen as its owner sees it."""

    top: Path

    @classmethod
    def holding(cls, folder: Path) -> Self | None:
        """Find the repository that a folder is in; None when it is in none. Raises BadInput when git will not say."""
        if not folder.is_dir():
            return None
        found = git(folder, "rev-parse", "--show-toplevel")
        if found.returncode == 0:
            return cls(Path(os.fsdecode(found.stdout).rstrip("\n")))
        if b"not a git repository" in found.stderr:
            return None
        raise BadInput(f"git cannot look into {folder}: {complaint(found)}")

    def commit(self, ref: str) -> str | None:
        """Return the commit that a ref names; None when it names none."""
        found = git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return os.fsdecode(found.stdout).strip() if found.returncode == 0 else None

    def why_not(self, ref: str) -> str:
        """Say why a ref names no commit here, with the cure where there is one."""
        if ref.strip("0") == "" and len(ref) >= 40:
            return f"{ref} is git's word for no commit: there is none before the first of a new branch"
        shallow = git(self.top, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        cure = f", being a shallow clone; type: git -C {self.top} fetch --unshallow (actions/checkout: fetch-depth: 0)"
        return f"{self.top} has no such ref{cure if shallow else ''}"

    @property
    def changed(self) -> bool:
        """Tell whether tracked files differ from the last commit. Raises BadInput when git will not say."""
        found = git(self.top, "status", "--porcelain", "--untracked-files=no")
        if found.returncode:
            raise BadInput(f"git cannot look into {self.top}: {complaint(found)}")
        return bool(found.stdout.strip())

    def tracks(self, file: Path) -> bool:
        """Tell whether a file is one of the repository's."""
        return git(self.top, "ls-files", "--error-unmatch", "--", str(file)).returncode == 0

    def description(self) -> str | None:
        """Name the current commit by the nearest tag, marked `-dirty` when files differ; None before the first one."""
        # Not `describe --dirty`: that one writes the index anew whatever --no-optional-locks says (git 2.39).
        found = git(self.top, "describe", "--always", "--abbrev=12")
        if found.returncode:
            return None
        return os.fsdecode(found.stdout).strip() + ("-dirty" if self.changed else "")


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder as the owner of its repository.

    Raises CannotRun where git is not installed, and BadInput where root may not become the owner.
    """
    owner = owner_of(folder)
    other = owner if os.geteuid() == 0 and owner.uid != 0 else None
    # Root's git would trust the repositories of the user in SUDO_UID; XDG_* and HOME name root's settings.
    dropped = ("GIT_", "SUDO_", "XDG_") if os.geteuid() == 0 else ("GIT_",)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    # The folder around root's .git may be another's, as a container's workspace is. It is trusted by name, and not all
    # are: where git finds another repository than we did, it is to look at whose that is.
    trusted = ("-c", f"safe.directory={owner.top}") if os.geteuid() == 0 else ()
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"} | ({} if other is None else {"HOME": other.home})
    try:
        return subprocess.run(
            ["git", "--no-optional-locks", "-c", "core.hooksPath=/dev/null", *trusted, *words],
            check=False,
            capture_output=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            user=None if other is None else other.uid,
            group=None if other is None else other.gid,
            extra_groups=None if other is None else other.groups,
            umask=0o022,
        )
    except FileNotFoundError as error:
        raise CannotRun("git is not installed, and a repository is to be looked into", "apt install git") from error
    except PermissionError as error:
        raise BadInput(f"git cannot look into {folder} as its owner, user {owner.uid}: {error.strerror}") from error


def complaint(answer: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(answer.stderr.decode(errors="replace").split())


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a repository belongs to, with their groups and home; `top` is the folder that holds its .git."""

    top: Path
    uid: int
    gid: int
    groups: list[int]
    home: str


def owner_of(folder: Path) -> Owner:
    """Return who owns the repository that holds a folder; the folder's own owner where it is in none."""
    folder = folder.resolve()
    top = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)
    status = folder.stat() if top is None else (top / ".git").stat()
    top = top or folder
    try:
        user = pwd.getpwuid(status.st_uid)
    except KeyError:  # an owner without a name: a bind mount in a container
        return Owner(top, status.st_uid, status.st_gid, [], "/nonexistent")
    return Owner(top, user.pw_uid, user.pw_gid, os.getgrouplist(user.pw_name, user.pw_gid), user.pw_dir)
