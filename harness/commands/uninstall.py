"""Undo `bench install`: remove the link from /usr/local/bin, and what was put beside it."""

import argparse

from bpf.errors import CannotRun
from harness.commands.parts.beside import take_away
from harness.commands.parts.status import DONE
from harness.machine.checkout import LINK, points_here

NEEDS = "root"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(_arguments: argparse.Namespace) -> int:
    for path in take_away():
        print(f"{path} is removed")
    if points_here():
        LINK.unlink()
        print(f"{LINK} is removed")
    elif LINK.is_symlink() or LINK.exists():
        raise CannotRun(f"{LINK} is not this checkout's", "uninstall it from where it was installed")
    else:
        print(f"{LINK} is not there")
    return DONE
