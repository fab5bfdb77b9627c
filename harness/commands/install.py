"""Put bench on the PATH, also sudo's: a link in /usr/local/bin to this checkout.

The manual page (`man bench`) and the completion of commands and options in bash, zsh and fish go to /usr/local/share.
"""

import argparse
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bpf.errors import CannotRun
from harness.commands.parts.beside import SHARE, put_beside
from harness.commands.parts.status import DONE
from harness.machine.checkout import LINK, points_here, script
from harness.machine.privileges import to_type
from harness.machine.streams import say

NEEDS = "root"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options."""
    parser.epilog = "A shell that has already run another bench remembers that one until you type: hash -r"


def run(_arguments: argparse.Namespace) -> int:
    if points_here():
        print(f"{LINK} is already {script()}")
    else:
        _link()
        print(f"{LINK} is now {script()}: `bench` runs as root what that folder holds")
    left_out = list(put_beside())
    if not left_out:
        print(f"{SHARE} has the manual page, and the completion of bash, zsh and fish")
    for warning in left_out:
        say(f"bench: {warning}")
    for warning in _obstacles(os.environ["PATH"].split(os.pathsep)):
        say(f"bench: {warning}")
    return DONE


def _link() -> None:
    try:
        LINK.symlink_to(script())
    except FileExistsError as error:
        remove = "rm -r" if LINK.is_dir() and not LINK.is_symlink() else "rm"
        raise CannotRun(
            f"{LINK} is there and is not this checkout's: it is {_nature(LINK)}",
            f"if it is not needed, {to_type(f'{remove} {LINK}')}",
        ) from error
    except OSError as error:
        raise CannotRun(
            f"{LINK} could not be made ({error.strerror})", f"make {LINK.parent} a writable folder"
        ) from error


def _nature(path: Path) -> str:
    if path.is_symlink():
        return f"a link to {path.readlink()}{'' if path.exists() else ', which is not there'}"
    return "a folder" if path.is_dir() else "a file"


def _obstacles(folders: list[str]) -> Iterator[str]:
    """Say why a shell with this PATH does not find the link, or not at once."""
    found = [Path(path) for folder in folders if (path := shutil.which("bench", path=folder or "."))]
    others = [path for path in found if path != LINK and path.resolve() != script()]
    if LINK.parent not in map(Path, folders):
        yield f"{LINK.parent} is not on this PATH; for sudo, add it to secure_path in /etc/sudoers (visudo)"
    elif others and others[0] == found[0]:
        yield (
            f"another bench comes first on this PATH, and is what `bench` runs: {others[0]}; remove it, or put "
            f"{LINK.parent} before {others[0].parent}"
        )
    elif others:
        yield f"a shell that has run {others[0]} goes on with that one until it is told: hash -r"
