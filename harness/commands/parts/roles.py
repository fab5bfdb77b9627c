"""One file, one role: what a command writes is neither what it reads nor another of its outputs."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from harness.commands.parts.numbers import typed
from harness.machine.caller import caller
from harness.machine.streams import say
from harness.paths import Role, mode_files, refuse_shared
from harness.recent import recent
from results.errors import BadInput

_NAMES_FILES = ("mode", "against", "a", "b", "traffic")


def output(text: str) -> Path:
    """Read the path of a file that is to be written: the type of such options, by which `check_roles` knows them."""
    if not text:
        raise argparse.ArgumentTypeError("it names no file")
    return Path(text)


LAST = "@-1"


def _result(text: str) -> Path:
    if not text.startswith("@-"):
        return Path(text)
    if not re.fullmatch("@-[1-9][0-9]{0,5}", text):
        raise BadInput(
            f"{text!r} names no result: {LAST} is the last one, @-2 the one before; a file of that name is ./{text}"
        )
    return recent(int(text.removeprefix("@-")), caller())


result = typed(_result)
"""Reads the path of a result file, or @-1 for the last that was made, @-2 for the one before: a type as `output` is."""


def _session_file(text: str) -> Path:
    return _result(text) if text.startswith("@-") else output(text)


session_file = typed(_session_file)
"""Reads where a session is kept: as `output`, or as `result` one that gains a session or goes on."""


def settle_results(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Give a command that may go without naming a result the last one, and say which that is. Raises BadInput."""
    for action in parser._actions:  # argparse tells a parser's options in no other way
        if action.type is result and action.nargs == "*" and not getattr(arguments, action.dest):
            path = _result(LAST)
            say(f"bench: the last result: {path}")
            setattr(arguments, action.dest, [path])


def check_roles(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Refuse one file in two roles among a command's arguments. Raises BadInput."""
    read: list[Role] = []
    written: list[Role] = []
    for action in _actions(parser, arguments):
        name, value = "/".join(action.option_strings) or str(action.metavar), getattr(arguments, action.dest, None)
        if action.type in (output, session_file) and value is not None and str(value) != "-":
            written.append((name, value))
        elif action.type in (Path, result) and value is not None:
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
