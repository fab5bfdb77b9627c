"""Print the manual page, in the words of man: each command with its options, and what each exit status means.

  bench manual | man -l -

`bench install` puts it where `man bench` finds it.
"""

import argparse

from harness.commands.parts.status import DONE

NEEDS = "nothing"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(_arguments: argparse.Namespace) -> int:
    # It loads all that any command needs.
    from harness.commands.parts.manual_page import manual_page  # noqa: PLC0415

    print(manual_page(), end="")
    return DONE
