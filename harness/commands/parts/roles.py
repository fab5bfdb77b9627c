"""One file, one role: what a command writes is neither what it reads nor another of its outputs."""

import argparse
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
    for action in parser._actions:  # argparse tells a parser's options in no other way
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
