"""One file, one role: what a command writes is neither what it reads nor another of its outputs."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from harness.paths import Role, mode_files, refuse_shared

_NAMES_FILES = ("mode", "against", "a", "b", "traffic")


def output(text: str) -> Path:
    """Read the path of a file that is to be written: the type of such options, by which `check_roles` knows them."""
    if not text:
        raise argparse.ArgumentTypeError("it names no file")
    return Path(text)


def check_roles(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Refuse one file in two roles among a command's arguments. Raises BadInput."""
    read: list[Role] = []
    written: list[Role] = []
    for action in _actions(parser, arguments):
        name, value = "/".join(action.option_strings) or str(action.metavar), getattr(arguments, action.dest, None)
        if action.type is output and value is not None and str(value) != "-":
            written.append((name, value))
        elif action.type is Path and value is not None:
            read += [(name, path) for path in (value if isinstance(value, list) else [value])]
        elif action.dest in _NAMES_FILES and isinstance(value, str):
            read += [(name, path) for path in mode_files(value)]
    if (summary := parser.get_default("job_summary")) is not None:
        written.append(("GITHUB_STEP_SUMMARY", summary))
    if written:
        refuse_shared(written, read)


def _actions(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> Iterator[argparse.Action]:
    """Yield a parser's options, and those of the part of its command that was typed."""
    for action in parser._actions:  # argparse tells them in no other way
        if isinstance(action, argparse._SubParsersAction):
            yield from _actions(action.choices[getattr(arguments, action.dest)], arguments)
        else:
            yield action
