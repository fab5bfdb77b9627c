"""The types of options that hold numbers or names: every number on a command line is read by results/units.py."""

import argparse
import re
from collections.abc import Callable
from typing import TypeVar

from results import units
from results.errors import BadInput, unknown

T = TypeVar("T")


def typed(read: Callable[[str], T]) -> Callable[[str], T]:
    """Make a reader of words the type of an option: what it refuses, argparse tells with the option's name."""

    def read_option(text: str) -> T:
        try:
            return read(text)
        except BadInput as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read_option


def choices(*known: str) -> Callable[[str], tuple[str, ...]]:
    """Make the type of an option that names one or several of these, parted by commas, or all."""

    def read(text: str) -> tuple[str, ...]:
        wanted = [name.strip() for name in text.split(",")]
        for name in wanted:
            if name not in (*known, "all"):
                raise unknown(f"{name!r} is none of {', '.join(known)}, or all", name, known)
        return known if "all" in wanted else tuple(dict.fromkeys(wanted))

    return typed(read)


@typed
def loads(text: str) -> tuple[float, ...]:
    """Read loads parted by commas, and put them in rising order."""
    return tuple(sorted({units.read_number(word) for word in text.split(",")}))


whole = typed(units.read_whole)
finite = typed(units.read_number)
duration = typed(units.read_duration)


def _interpreters(text: str) -> tuple[str, ...]:
    """Read names of interpreters as ./bench reads them, which makes an environment for each (harness/setup.sh)."""
    names = tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if not re.fullmatch("[A-Za-z0-9._+/][A-Za-z0-9._+/-]*", name):
            raise BadInput(f"{name!r} names no interpreter: python3.13, or a path of letters, digits and . _ + / -")
    return names


interpreter_names = typed(_interpreters)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(units.read_whole(part) for part in text.split(","))


producers = typed(_numbers)
byte_count = typed(units.read_size)
load = typed(units.read_rate)
