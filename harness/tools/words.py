"""What a foreign command's own words say of how many events it saw and lost."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from typing import Any

from harness.consumer.command import Usage
from harness.messages import Done
from harness.probes.reading import Reading
from results.errors import BadInput
from results.foreign import EXEC, Foreign
from results.metrics import CPU, CPU_PER_EVENT, RSS, START_UP


def told(read: Foreign, said: bytes, usage: Usage) -> Done:
    """Say what a command saw and what it admits as lost, each None where nothing of what it says is that."""
    seen = None
    if read.count is not None:
        seen = counted(read.count, said)
    elif read.count_json is not None:
        seen = sum(1 for _ in _values(read.count_json, said))
    elif read.sum_json is not None:
        seen = sum(_number(value) for value in _values(read.sum_json, said))
    metrics = {CPU.name: usage.cpu_s, RSS.name: float(usage.rss_bytes), START_UP.name: usage.start_up_s}
    if seen:
        metrics[CPU_PER_EVENT.name] = usage.cpu_s * 1e9 / seen
    return Done(
        consumed=seen,
        admitted=None if read.lost is None else counted(read.lost, said),
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
    """Raise BadInput for what is no expression, and for a count that is told in two ways."""
    for name in ("ready", "count", "lost"):
        if (text := getattr(read, name)) is not None:
            try:
                re.compile(text.encode())
            except re.error as error:
                raise BadInput(f"--{name} {text!r} is no regular expression: {error}") from error
    given = [name for name in ("count", "count_json", "sum_json") if getattr(read, name) is not None]
    if len(given) > 1:
        options = [f"--{name.replace('_', '-')}" for name in given]
        raise BadInput(f"{' and '.join(options)} are counts of the same; give one")


def counted(pattern: str, said: bytes) -> int:
    """Add up the numbers that an expression's group finds; without a group, count the lines that it matches."""
    expression = re.compile(pattern.encode(), re.MULTILINE)
    if expression.groups:
        return sum(int(found[1]) for found in expression.finditer(said) if found[1])
    lines = at = 0
    while found := expression.search(said, at):
        lines += 1
        at = said.find(b"\n", found.end()) + 1
        if not at:
            break
    return lines


def _values(field: str, said: bytes) -> Iterator[Any]:
    """Yield a field of each line that is a JSON object and has it; a.b is field b of the object in field a."""
    for line in said.splitlines():
        if line.startswith(b"{"):
            try:
                value = json.loads(line)
            except ValueError:  # cut off, or none
                continue
            for name in field.split("."):
                value = value.get(name) if isinstance(value, dict) else None
            if value is not None:
                yield value


def _number(value: Any) -> int:
    """Return a whole number; of an object, such as a map's, the sum of those in it."""
    if isinstance(value, dict):
        return sum(map(_number, value.values()))
    return int(value) if isinstance(value, int | float | str) and str(value).lstrip("-").isdecimal() else 0
