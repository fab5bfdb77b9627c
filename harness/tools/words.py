"""What a foreign command's own words say of how many events it saw and lost."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from typing import Any

from harness.consumer.command import Unreadable, Usage
from harness.consumer.process_tree import text_of
from harness.messages import Done
from harness.probes.reading import Reading
from results.errors import BadInput
from results.foreign import EXEC, Foreign
from results.metrics import CPU, CPU_PER_EVENT, RSS, START_UP

_COUNTS = ("count", "count_json", "sum_json")
_MOST = 2**63 - 1  # of a count, in all that reads a result
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_MOST_DIGITS = 100
_BEYOND = 10**_MOST_DIGITS
_SHORT = 40


def told(read: Foreign, said: bytes, usage: Usage) -> Done:
    """Say what a command saw and what it admits as lost, each None where it is not said how that is read.

    What matches nowhere is 0: of a loss that is the rule, of events it is told as a warning. Raises Unreadable.
    """
    text = text_of(said)
    asked = next(((name, words) for name in _COUNTS if (words := getattr(read, name)) is not None), None)
    try:
        seen = None if asked is None else _seen(*asked, text)
        admitted = None if read.lost is None else counted("--lost", read.lost, text) or 0
    except RecursionError as error:
        raise Unreadable("a line of what it said is nested too deeply to be read") from error
    odd: tuple[str, ...] = ()
    if asked is not None and seen is None:
        seen = 0
        if not admitted:
            odd = (
                f"nothing in its output matches {_option(asked[0])} {asked[1]}, so it counts as having seen no event",
            )
    metrics = {CPU.name: usage.cpu_s, RSS.name: float(usage.rss_bytes), START_UP.name: usage.start_up_s}
    if seen:
        metrics[CPU_PER_EVENT.name] = usage.cpu_s * 1e9 / seen
    return Done(
        consumed=seen,
        admitted=admitted,
        odd=odd,
        began_ns=usage.began_ns,
        last_consumed_ns=usage.ended_ns,
        reading=Reading(metrics=metrics),
    )


def foreign_words(mode: str) -> tuple[str, ...]:
    """Split a mode that is a command, as a shell does; no shell runs it. Raises BadInput for none."""
    command = mode.removeprefix(EXEC)
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise BadInput(f"--mode {mode}: {error}") from error
    if not words:
        raise BadInput(f"--mode {EXEC} names no command")
    if shutil.which(words[0]) is None:
        raise BadInput(f"--mode {mode}: there is no program {words[0]}; no shell runs it: use exec:sh -c '…' for one")
    return words


def check_words(read: Foreign) -> None:
    """Raise BadInput for what is no expression or no field, and for a count that is told in two ways."""
    for name in ("ready", "count", "lost"):
        if (text := getattr(read, name)) is not None:
            try:
                re.compile(text)
                text.encode()
            except (re.error, OverflowError, RecursionError, UnicodeEncodeError) as error:
                raise BadInput(f"--{name} {_short(text)} is no regular expression: {error}") from error
    given = {_option(name): text for name in _COUNTS if (text := getattr(read, name)) is not None}
    if len(given) > 1:
        raise BadInput(f"{' and '.join(given)} are counts of the same; give one")
    for option, text in given.items():
        if not text or not text.isprintable():
            raise BadInput(f"{option} {_short(text)} names nothing that can be found")


def counted(option: str, pattern: str, text: str) -> int | None:
    """Add up the numbers that an expression's group finds; without a group, count the lines that it matches.

    None where it matches nothing. Raises Unreadable for what is no number of events.
    """
    expression = re.compile(pattern, re.MULTILINE)
    if expression.groups:
        groups = [found[1] for found in expression.finditer(text)]
        return _sum(option, [group for group in groups if group is not None]) if groups else None
    lines = at = 0
    while found := expression.search(text, at):
        lines += 1
        at = text.find("\n", found.end()) + 1
        if not at:
            break
    return lines or None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _seen(name: str, words: str, text: str) -> int | None:
    if name == "count":
        return counted(_option(name), words, text)
    values = list(_values(words, text))
    if not values:
        return None
    return len(values) if name == "count_json" else _sum(_option(name), values)


def _values(field: str, text: str) -> Iterator[Any]:
    """Yield a field of each line that is a JSON object and has it; a.b is field b of the object in field a."""
    for line in text.split("\n"):
        if (line := line.lstrip(" \t\r\ufeff")).startswith("{"):
            try:
                value = json.loads(line, parse_int=_whole)
            except json.JSONDecodeError:  # cut off, or none
                continue
            for name in field.split("."):
                value = value.get(name) if isinstance(value, dict) else None
            if value is not None:
                yield value


def _sum(option: str, values: list[Any]) -> int:
    """Add up whole numbers, those in an object, such as a map, too. Raises Unreadable."""
    total = 0
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values.extend(value.values())
            continue
        if (number := _number(value)) is None:
            raise Unreadable(f"{_short(value)}, which {option} finds, is no whole number")
        total += number
        if not 0 <= number <= _MOST or total > _MOST:
            raise Unreadable(f"{_short(value)}, which {option} finds, makes a count below 0 or beyond {_MOST}")
    return total


def _number(value: object) -> int | None:
    """Return a whole number, also where it is written as text or with a point; None for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if any(each in value for each in ".eE") else _whole(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _whole(digits: str) -> int:
    """Read a whole number; of more digits than Python reads at once, what is surely beyond any count."""
    return int(digits) if len(digits) <= _MOST_DIGITS else -_BEYOND if "-" in digits else _BEYOND


def _short(value: object) -> str:
    text = str(value)
    return repr(text) if len(text) <= _SHORT else f"{text[:_SHORT]!r}…"
