"""Make machine code of a mode's step before anything is set up: what cannot be compiled is told while it costs nothing.

A mode file is the user's code, and numba is large: both are imported in a process of its own. The code is kept on disk,
where consumers find it.
"""

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bpf.block import Kind
from bpf.errors import CannotRun
from bpf.machine_code import code_of
from bpf.readers.compiled import TakesSteps
from harness.control import WAITS, Message, Parent, Worker, WorkerDied
from harness.machine.group import Group
from harness.machine.user_path import search, user_path
from harness.messages import Failed
from modes import is_file, load_mode, read_source
from results.errors import BadInput

COMPILE_TIMEOUT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Question(Message):
    """Which mode's step is compiled, for which kind of channel, and where its own modules are looked for."""

    mode: str
    kind: str
    import_path: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Compiled(Message):
    """It is, and kept."""


def compile_step(mode: str, kind: Kind) -> None:
    """Compile a mode's step. Raises BadInput for one that cannot be, CannotRun where numba is missing."""
    _compile(mode, kind, read_source(Path(mode)) if is_file(mode) else b"")


@functools.cache
def _compile(mode: str, kind: Kind, _source: bytes) -> None:
    """Do so once for each text of the mode's file."""
    question = Question(mode=mode, kind=kind, import_path=tuple(map(str, user_path())))
    name = f"compilation of mode {mode}"
    with Worker("harness.consumer.compilation", question, name=name, group=Group()) as worker:
        try:
            answer = worker.receive(COMPILE_TIMEOUT_S, Compiled, Failed, times=WAITS)
        except WorkerDied as error:
            raise BadInput(f"{error}{worker.whereabouts()}") from error
    if isinstance(answer, Failed):
        if answer.cure:
            raise CannotRun(answer.what, answer.cure)
        raise BadInput(answer.what)


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    question = parent.receive(Question)
    search([Path(folder) for folder in question.import_path])
    sys.dont_write_bytecode = True  # root's, in the folders of whoever owns the mode
    try:
        mode = load_mode(question.mode)
        assert issubclass(mode, TakesSteps)
        code_of(cast("Kind", question.kind), mode.step)
    except BadInput as error:
        parent.send(Failed(what=f"mode {question.mode}: {error}"))
    except CannotRun as error:
        parent.send(Failed(what=error.what, cure=error.cure))
    else:
        parent.send(Compiled())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
