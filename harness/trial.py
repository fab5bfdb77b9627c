"""What the trials of all kinds share: their number, where and from which tree they run, and what is known meanwhile."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bpf.counters import Counters
from harness.consumer.imports import Import
from harness.machine.git import git
from results.check.blocks import Arm
from results.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where a trial stands in its session; `arm` only in a check. The traffic's randomness comes from `seed`."""

    session: str
    number: int
    block: int
    seed: int
    arm: Arm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the two processes run. No CPUs: the machine has only one, and nothing is pinned. No tree: in our own.

    No interpreter: the consumer runs with ours.
    """

    consumer_cpu: int | None
    generator_cpu: int | None
    consumer_tree: Tree | None = None
    consumer_python: Path | None = None

    def producer_cpus(self, number: int) -> Sequence[int | None]:
        """Choose the CPUs of so many generators: the consumer's own comes last."""
        if self.consumer_cpu is None:
            return [None] * number
        others = sorted(os.sched_getaffinity(0) - {self.consumer_cpu})
        return [*others, self.consumer_cpu][:number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known while a trial runs; all counts since its start. `unread` is None when aggregating.

    `consumer_pid` lets an observer stall the consumer (bench capacity --advise).
    """

    elapsed_s: float
    counters: Counters
    unread: int | None
    consumer_pid: int


OnProgress = Callable[[Progress], None]


def choose_place() -> Place:
    """Put consumer and generator on different CPUs where this process may use two."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return Place(consumer_cpu=None, generator_cpu=None)
    return Place(consumer_cpu=allowed[0], generator_cpu=allowed[1])


# As Python words it.
_MISSING_MODULE = re.compile(r"No module named '([\w.]+)'")
_MISSING_NAME = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
_MISSING_FILE = re.compile(r"No such file or directory: '([^']+)'")


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of sources, in which a consumer process works.

    `mode` is what to load there (a name, a path from `folder`, or a module), whatever the setting calls it, and
    `program` a user's own, by its path from `folder`. Our own packages come from `harness`, those of the mode from
    `import_path` before they come from what is installed.
    `elsewhere` are the folders of other states of the same sources: what is imported from there is not this tree's.
    `outside` gathers what comes from neither, by name.
    """

    folder: Path
    harness: Path
    import_path: tuple[Path, ...]
    mode: str
    elsewhere: tuple[Path, ...] = ()
    program: str | None = None
    outside: dict[str, Import] = field(default_factory=dict, compare=False)

    def prove(self, imports: Iterable[Import]) -> None:
        """Take note of what a consumer imported. Raises BadInput for a file of another state of these sources."""
        for one in imports:
            file = Path(one.file)
            if is_of(file, self.folder) or is_of(file, self.harness):
                continue
            if any(is_of(file, top) for top in self.elsewhere):
                where = f"{file}, and not from this arm's own tree {self.folder}"
                raise BadInput(f"{one.name} comes from {where}: the arms would share it; {_cure(one, file)}")
            if one.by_mode and "." not in one.name:
                self.outside[one.name] = one

    def explain(self, failure: str) -> str:
        """Add to why a mode did not start what this tree lacks of the others; what is generated is in no commit."""
        modules = _MISSING_MODULE.findall(failure)
        modules += [f"{package}.{name}" for name, package in _MISSING_NAME.findall(failure)]
        patterns = [
            f":(glob)**/{module.replace('.', '/')}{ending}"
            for module in modules
            for ending in (".py", "/__init__.py", ".*.so", ".so")
        ]
        for path in map(Path, _MISSING_FILE.findall(failure)):
            relative = path.relative_to(self.folder) if path.is_relative_to(self.folder) else path
            patterns += [] if relative.is_absolute() else [f":(glob)**/{relative}"]
        for top in self.elsewhere if patterns else ():
            listed = git(top, "ls-files", "-z", "--cached", "--others", "--", *patterns).stdout.split(b"\0")
            lacking = [name for name in map(os.fsdecode, listed) if name and not (self.folder / name).exists()]
            if lacking:
                return (
                    f"{failure}; {top} has {', '.join(lacking)}, which the baseline's commit has not: commit it if it "
                    "belongs there; if it is generated, make both states ready (git worktree add FOLDER REF) and "
                    "compare them with --against file:FOLDER/MODE"
                )
        return failure


def _cure(one: Import, file: Path) -> str:
    if file.suffix != ".py":
        return "name it in the mode by a path from the mode's own file"
    root = file.parents[len(one.name.split(".")) - (file.name != "__init__.py")]
    return (
        f"let Python find it where each arm has its own: sudo env PYTHONPATH={shlex.quote(str(root))} bench …, "
        "and not by an installed package, a .pth file or a path written into the mode"
    )


def is_of(file: Path, top: Path) -> bool:
    """Tell whether a file lies below a folder, and in no virtual environment there, whose files are installed ones."""
    above = [folder for folder in file.parents if folder.is_relative_to(top)]
    return bool(above) and not any((folder / "pyvenv.cfg").exists() for folder in above)
