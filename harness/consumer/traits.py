"""What must be known of a mode before it runs: how it can be read, how it waits, what it writes.

A mode file is the user's code, and may do anything when it is imported: it is imported in processes of its own only,
this one to ask it, and the consumer's.
"""

import functools
import reprlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from harness.control import WAITS, Message, Parent, Worker, WorkerDied
from harness.machine.group import Group
from harness.machine.user_path import search, user_path
from harness.messages import Failed
from harness.trial import Tree
from modes import is_file, load_mode, read_source, readers_of
from modes.parts.mode import Format, ObjectKind, Output, Wait
from results.errors import BadInput
from results.foreign import EXEC

IMPORT_TIMEOUT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Question(Message):
    """Which mode is asked, and where its own modules are looked for."""

    mode: str
    import_path: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Traits(Message):
    """The class variables of a mode, and which readers its methods serve; the first of each is the default."""

    readers: tuple[str, ...]
    waits: tuple[Wait, ...]
    writes: str | None
    formats: tuple[Format, ...]
    object_kinds: tuple[ObjectKind, ...]


def traits_of(name: str, tree: Tree | None = None) -> Traits:
    """Ask a mode by its name, file or module; with `tree`, as it is there. Raises BadInput that says what is wrong."""
    if tree is not None:
        return _asked(tree.mode, b"", tree)
    if name.startswith(EXEC):
        raise BadInput(f"--mode {name}: a foreign command is measured by bench run and bench audit alone")
    if is_file(name):
        return _asked(name, read_source(Path(name)))
    if "." in name:
        return _asked(name, b"")
    return _traits(name)


@functools.cache
def _asked(name: str, _source: bytes, tree: Tree | None = None) -> Traits:
    """Import a mode in a process of its own; once for each text of its file."""
    question = Question(mode=name, import_path=tuple(map(str, user_path() if tree is None else tree.import_path)))
    whose = f"import of mode {name}"
    with Worker("harness.consumer.traits", question, name=whose, group=Group(), tree=tree) as worker:
        try:
            answer = worker.receive(IMPORT_TIMEOUT_S, Traits, Failed, times=WAITS)
        except WorkerDied as error:
            raise BadInput(f"{error}{worker.whereabouts()}") from error
    if isinstance(answer, Failed):
        raise BadInput(answer.what if tree is None else tree.explain(answer.what))
    assert isinstance(answer, Traits)
    return answer


def _traits(name: str) -> Traits:
    """Load a mode and read its class variables, which may be a user's. Raises BadInput for one that holds no choice."""
    mode = load_mode(name)
    for variable, least, known in (
        ("waits", 1, get_args(Wait)),
        ("formats", 0, get_args(Format)),
        ("object_kinds", 0, get_args(ObjectKind)),
    ):
        said: object = getattr(mode, variable)
        if not isinstance(said, tuple | list) or len(said) < least or not all(each in known for each in said):
            raise BadInput(f"mode {name}: {variable} is {reprlib.repr(said)}; it must be a tuple of {', '.join(known)}")
    if mode.writes not in (None, *get_args(Output)):
        raise BadInput(
            f"mode {name}: writes is {reprlib.repr(mode.writes)}; it is {' or '.join(get_args(Output))} or None"
        )
    return Traits(
        readers=readers_of(mode),
        waits=mode.waits,
        writes=mode.writes,
        formats=mode.formats,
        object_kinds=mode.object_kinds,
    )


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    question = parent.receive(Question)
    search([Path(folder) for folder in question.import_path])
    sys.dont_write_bytecode = True  # root's, in the folders of whoever owns the mode
    try:
        traits = _traits(question.mode)
    except BadInput as error:
        parent.send(Failed(what=str(error)))
    else:
        parent.send(traits)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
