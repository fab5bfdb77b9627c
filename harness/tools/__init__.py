"""Finished tools that watch drops: each file beside this one says how one is run, and what its words mean.

A file's stem is the tool's name. It states `says` (what it does, in a sentence), `package` (Debian's), `command` and
`count`, and where there is such: `ready` and `lost` (as results/foreign.py has them), `file` (what it writes is there,
and not in what it says), `after` (a command that tells what it wrote) and `time` (an event's nanoseconds of
CLOCK_MONOTONIC in a line of that file). In `command` and `after`, {field} and {value} are the field of skb:kfree_skb by
which it filters and what that must be, {folder} is where it may write.
"""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from harness.consumer.command import Command, Recipe, Unreadable, Usage
from harness.consumer.process_tree import text_of
from harness.machine.group import command_name
from harness.messages import Done, Maps
from harness.tools.growth import Growth
from harness.tools.words import told
from harness.workers import NeverReady, ready
from results.errors import unknown
from results.foreign import Foreign

SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Filter:
    """Which drops a tool is to watch. None knows a tag: what others drop alike is in its count."""

    field: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What a tool's file says."""

    name: str
    says: str
    package: str
    command: tuple[str, ...]
    words: Foreign
    file: str | None = None
    after: tuple[str, ...] = ()
    time: str | None = None

    def recipe(self, watched: Filter, folder: Path) -> Recipe:
        """Say how it is run; it may write into the folder."""

        of = {"{field}": watched.field, "{value}": str(watched.value), "{folder}": str(folder)}

        growth = None if self.file is None or self.time is None else Growth(folder / self.file, self.time)

        def done(said: bytes, usage: Usage) -> Done:
            if self.file is not None:
                try:
                    said = (folder / self.file).read_bytes()
                except FileNotFoundError as error:
                    raise Unreadable(f"it wrote no {self.file}") from error
            if self.after:
                said = _said_by(filled(self.after, of))
            found = told(self.words, said, usage)
            return found if growth is None else replace(found, reading=found.reading | growth.reading(said))

        recipe = Recipe(
            name=self.name, command=filled(self.command, of), done=done, ready=self.words.ready, settle_s=SETTLE_S
        )
        return recipe if growth is None else replace(recipe, begin=growth.begin, look=growth.look)


def tool_names() -> list[str]:
    return sorted(file.stem for file in Path(__file__).parent.glob("*.toml"))


def load_tool(name: str) -> Tool:
    """Read a tool's file. Raises BadInput for one that there is not."""
    if name not in tool_names():
        raise unknown(f"no tool {name!r}", name, tool_names(), f"there are {', '.join(tool_names())}")
    row = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    words = {word: row.pop(word) for word in ("ready", "count", "lost") if word in row}
    command, after = tuple(row.pop("command")), tuple(row.pop("after", ()))
    return Tool(name=name, words=Foreign(**words), command=command, after=after, **row)


def filled(words: Iterable[str], of: Mapping[str, str]) -> tuple[str, ...]:
    """Put values in the place of their names, wherever these stand in words; other braces are a script's own."""
    made = tuple(words)
    for name, value in of.items():
        made = tuple(word.replace(name, value) for word in made)
    return made


def command_of(words: tuple[str, ...], read: Foreign) -> Recipe:
    """Say how a command that somebody typed is run."""
    return Recipe(
        name=f"command {command_name(words)}",
        command=words,
        done=lambda said, usage: told(read, said, usage),
        ready=read.ready,
        settle_s=SETTLE_S,
    )


def missing(tools: Mapping[str, Tool], recipes: Mapping[str, Recipe]) -> dict[str, str]:
    """Say of each tool that does not run here why: those that are installed are started, all at once."""
    why = {
        name: f"{tool.command[0]} is not installed (apt-get install {tool.package})"
        for name, tool in tools.items()
        if shutil.which(tool.command[0]) is None
    }
    with ExitStack() as stack:
        started = {name: stack.enter_context(Command(recipes[name], cpu=None)) for name in tools if name not in why}
        for name, command in started.items():
            try:
                ready(command, Maps)
            except NeverReady as error:
                why[name] = f"{tools[name].command[0]} does not run here: {error}"
    return why


def _said_by(words: tuple[str, ...]) -> bytes:
    """Return what a command says of what a tool wrote. Raises Unreadable where it fails."""
    ran = subprocess.run(
        words, check=False, capture_output=True, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"}
    )
    if ran.returncode:
        complaint = (text_of(ran.stderr or ran.stdout).strip().splitlines() or ["it said nothing"])[-1]
        raise Unreadable(f"{' '.join(words)} ended with status {ran.returncode}: {complaint}")
    return ran.stdout
