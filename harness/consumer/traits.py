"""What must be known of a mode before it runs: how it can be read, how it waits, what it writes.

A mode file is the user's code, and may do anything when it is imported: it is imported in processes of its own only,
this one to ask it, and the consumer's.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.control import Harness, Worker, WorkerDied
from harness.machine.group import Group
from harness.machine.user_path import search, user_path
from modes import Mode, is_file, load_mode, read_source, readers_of
from modes.parts.mode import Format, Reader, Wait
from results.errors import BadInput

IMPORT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The class variables of a mode, and which readers its methods serve; the first of each is the default."""

    readers: tuple[Reader, ...]
    waits: tuple[Wait, ...]
    writes: str | None
    formats: tuple[Format, ...]


def traits_of(name: str) -> Traits:
    """Ask a mode by its name, file or module. Raises BadInput that says what is wrong."""
    if is_file(name):
        return _asked(name, read_source(Path(name)))
    if "." in name:
        return _asked(name, b"")
    return _traits(load_mode(name))


@functools.cache
def _asked(name: str, _source: bytes) -> Traits:
    """Import a mode in a process of its own; once for each text of its file."""
    asked = {"mode": name, "import_path": [*map(str, user_path())]}
    with Worker("harness.consumer.traits", asked, name=f"import of mode {name}", group=Group()) as worker:
        try:
            answer = worker.receive(IMPORT_TIMEOUT_S)
        except WorkerDied as error:
            raise BadInput(f"{error}{worker.whereabouts()}") from error
    if "failed" in answer:
        raise BadInput(answer["failed"])
    told: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in answer.items()}
    return Traits(**told)


def _traits(mode: type[Mode]) -> Traits:
    return Traits(readers=readers_of(mode), waits=mode.waits, writes=mode.writes, formats=mode.formats)


def main(arguments: list[str]) -> int:
    harness = Harness(arguments)
    asked = harness.receive()
    search([Path(folder) for folder in asked["import_path"]])
    sys.dont_write_bytecode = True  # root's, in the folders of whoever owns the mode
    try:
        traits = _traits(load_mode(asked["mode"]))
    except BadInput as error:
        harness.send({"failed": str(error)})
    else:
        harness.send(asdict(traits))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
