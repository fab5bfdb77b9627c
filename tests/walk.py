"""What a reader of the product has to open: `python -m tests.walk` follows real commands, and `--statements` counts.

Walks are held against walks: each word below means the same before and after the code is moved, and nothing here names
a file of the product but its entry, `-m harness`.

A walk follows a command, and each Python process of ours that it starts, by sys.setprofile. The reader reads a function
once, when it is first called, and goes from the function that calls it: the nearest one of the product on the stack,
libraries between passed through. A file is

  entered      when a function of it is read for the first time;
  re-entered   when a call, never a return, leads to an unread function in it, and it was entered before, is not the
               current file (the caller's), and not the file from which the current one was called.

`calls` are those from one file to another, each pair of caller and callee once. So how often a loop turns and how long
a trial lasts change no number. Processes that run the same module are one walk, in the order in which they started. A
way's re-entries and calls are the sums of its walks; a file that several of them enter is one file.

Not followed: what runs while a module is imported, class bodies, lambdas and comprehensions (what they call is called
by what surrounds them), and generated methods. A call from nowhere, as of a thread's target or a signal handler, enters
a file, and re-enters none. memray wants the profile function for itself: once it began, its process is not followed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parent.parent
ROOMS = ("bpf", "harness", "modes", "results", "traffic")
# The machine's mood is no way of its own: however busy it is, no trial of a walk is disturbed.
_ANY_MACHINE = ("--steal-limit", "1", "--foreign-limit", "1", "--run-delay-limit", "1", "--quiet")
WAYS = {
    "run": ("run", "--mode", "file", "--trials", "1", "--duration", "0.5", "--rate", "2000",
            "--seed", "1", *_ANY_MACHINE, "--out", "{folder}/run.jsonl"),
    "report": ("report", "--html", "{folder}/report.html", f"{CHECKOUT}/docs/results/all-modes.jsonl"),
    "check": ("check", "--a", "mode=epoll", "--b", "mode=epoll", "--metrics",
              "drain_cpu_ns_per_event,cpu_ns_per_event", "--blocks", "6", "--duration", "0.2", "--rate", "2000",
              "--drain", "20000", "--seed", "1", *_ANY_MACHINE, "--out", "{folder}/check.jsonl"),
}  # fmt: skip
# Any verdict ends a walk as well as another.
_VERDICTS = (0, 1, 3)


class Call(NamedTuple):
    """A function of the product called from another; functions are named `file:name:line`, files relative to the root.

    `via` is the file from which the caller's was called. Both are empty where nothing of ours called.
    """

    caller: str
    via: str
    callee: str


@dataclass
class Walk:
    """What a reader had to open."""

    files: list[str] = field(default_factory=list)
    re_entered: list[str] = field(default_factory=list)
    crossings: set[tuple[str, str]] = field(default_factory=set)

    def __str__(self) -> str:
        return (
            f"{len(self.files):3} files entered, {len(self.re_entered):3} re-entered, "
            f"{len(self.crossings):3} calls from file to file"
        )


def read(calls: Iterable[Call]) -> Walk:
    """Read functions in the order of their calls."""
    walk = Walk()
    functions: set[str] = set()
    for caller, via, callee in calls:
        here, there = file_of(caller), file_of(callee)
        if caller and here != there:
            walk.crossings.add((caller, callee))
        if callee in functions:
            continue
        functions.add(callee)
        if there not in walk.files:
            walk.files.append(there)
        elif caller and there not in (here, via):
            walk.re_entered.append(there)
    return walk


def file_of(function: str) -> str:
    return function.partition(":")[0]


def together(walks: Iterable[Walk]) -> Walk:
    whole = Walk()
    for walk in walks:
        whole.files += [file for file in walk.files if file not in whole.files]
        whole.re_entered += walk.re_entered
        whole.crossings |= walk.crossings
    return whole


# Following: this part runs in the processes that are followed.


class Follower:
    """A profile function that writes each new call at once: a process may be killed."""

    def __init__(self, root: Path, out: int) -> None:
        self._root = f"{root}/"
        self._out = out
        self._names: dict[tuple[CodeType, bool], str] = {}
        self._written: set[tuple[str, str]] = set()

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call":
            return
        callee = self._name(frame)
        if not callee:
            return
        ours = self._callers(frame)
        caller = next(ours, "")
        if (caller, callee) in self._written or self._is_import(frame):
            return
        self._written.add((caller, callee))
        here = file_of(caller)
        via = next((file_of(name) for name in ours if file_of(name) != here), "")
        os.write(self._out, json.dumps(Call(caller, via, callee)).encode() + b"\n")

    def _callers(self, frame: FrameType) -> Iterator[str]:
        caller = frame.f_back
        while caller is not None:
            if name := self._name(caller):
                yield name
            caller = caller.f_back

    def _name(self, frame: FrameType) -> str:
        """Name a function of the product; the empty string for all else. What `-m` runs counts as a function."""
        code = frame.f_code
        is_main = frame.f_globals.get("__name__") == "__main__"
        name = self._names.get((code, is_main))
        if name is None:
            inside = code.co_filename.removeprefix(self._root)
            named = not code.co_name.startswith("<") and code.co_flags & CO_OPTIMIZED
            ours = inside != code.co_filename and inside.split("/")[0] in ROOMS
            runs = named or (is_main and code.co_name == "<module>")
            name = f"{inside}:{code.co_qualname}:{code.co_firstlineno}" if ours and runs else ""
            self._names[code, is_main] = name
        return name

    def _is_import(self, frame: FrameType) -> bool:
        caller: FrameType | None = frame
        while caller is not None:
            code = caller.f_code
            if (
                code.co_name == "<module>"
                and code.co_filename.startswith(self._root)
                and caller.f_globals["__name__"] != "__main__"
            ):
                return True
            caller = caller.f_back
        return False


def follow(folder: str, root: str, words: Sequence[str]) -> None:
    """Go on as `python words…` would, and write its calls into the folder; what runs no module is not followed.

    Its children are followed too: they are started by sys.executable, which becomes a script that comes here again.
    """
    words = list(words)
    if "-m" not in words:
        os.execv(sys.executable, [sys.executable, *words])
    module, *arguments = words[words.index("-m") + 1 :]
    python = Path(folder) / "python"
    if not python.exists():
        command = (sys.executable, "-P", __file__, "--follow", folder, root)
        python.write_text(f"""#!/bin/sh\nexec {" ".join(f"'{word}'" for word in command)} "$@"\n""")
        python.chmod(0o755)
    sys.executable = str(python)
    sys.argv = [module, *arguments]
    out = os.open(f"{folder}/{time.monotonic_ns():020}-{module}.calls", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    follower = Follower(Path(root), out)
    threading.setprofile(follower)
    sys.setprofile(follower)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


# Walking: this part starts them.


def walk(words: Sequence[str], root: Path = CHECKOUT, statuses: Sequence[int] = (0,)) -> dict[str, Walk]:
    """Follow `python -m words…`; return the walk of each module that it, and the processes that it started, ran."""
    with tempfile.TemporaryDirectory(prefix="bench-walk-") as folder:
        command = [sys.executable, "-P", __file__, "--follow", folder, str(root)]
        command += ["-m", *(word.replace("{folder}", folder) for word in words)]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, check=False)
        if done.returncode not in statuses:
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
        calls: dict[str, list[Call]] = {}
        for file in sorted(Path(folder).glob("*.calls")):
            lines = file.read_text().splitlines()
            calls.setdefault(file.stem.split("-", 1)[1], []).extend(Call(*json.loads(line)) for line in lines)
    return {module: read(found) for module, found in calls.items()}


@dataclass
class Room:
    """What lies in a folder of the product, and below it."""

    statements: int = 0
    files: int = 0
    underscored: list[str] = field(default_factory=list)
    private_imports: list[str] = field(default_factory=list)


def statements(root: Path = CHECKOUT) -> tuple[dict[str, Room], dict[str, int]]:
    """Count the statements of each room (docstrings are none), and the files that lie directly in each folder."""
    rooms: dict[str, Room] = {}
    flat: dict[str, int] = {}
    for name in ROOMS:
        room = rooms[name] = Room()
        for path in sorted((root / name).rglob("*.py")):
            tree = ast.parse(path.read_bytes())
            inside = path.relative_to(root)
            room.statements += sum(isinstance(node, ast.stmt) for node in ast.walk(tree)) - _docstrings(tree)
            room.files += 1
            room.underscored += [str(inside)] if _is_private(path.stem) else []
            room.private_imports += [f"{inside}: {what}" for what in _private_imports(tree)]
            flat[str(inside.parent)] = flat.get(str(inside.parent), 0) + 1
    return rooms, flat


def _docstrings(tree: ast.Module) -> int:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return sum(isinstance(node, holders) and ast.get_docstring(node) is not None for node in ast.walk(tree))


def _private_imports(tree: ast.Module) -> Iterator[str]:
    """Name what begins with an underscore, modules on the way included, and is imported."""
    for node in ast.walk(tree):
        before = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else []:
            name = ".".join([*before, alias.name])
            if name.split(".")[0] in ROOMS and any(map(_is_private, name.split("."))):
                yield name


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _print_statements(listed: bool) -> None:
    rooms, flat = statements()
    print(_row("folder", ["statements", "files", "_modules", "_imports"]))
    sums = [0, 0, 0, 0]
    for name, room in rooms.items():
        counts = [room.statements, room.files, len(room.underscored), len(room.private_imports)]
        sums = [whole + count for whole, count in zip(sums, counts, strict=True)]
        print(_row(name, counts))
    print(_row("all", sums))
    print("\nfiles directly in a folder: " + ", ".join(f"{folder} {count}" for folder, count in flat.items()))
    for room in rooms.values() if listed else ():
        print(*room.underscored, *room.private_imports, sep="\n")


def _row(name: str, cells: Sequence[object]) -> str:
    return f"{name:<12}" + "".join(f"{cell:>12}" for cell in cells)


def _print_walks(names: Sequence[str], listed: bool) -> None:
    for name in names:
        walks = walk(("harness", *WAYS[name]), statuses=_VERDICTS if name == "check" else (0,))
        print(f"{name:<22}{together(walks.values())}")
        for module, found in walks.items():
            print(f"  {module:<20}{found}")
            for file in found.files if listed else ():
                print(f"      {file:<40}{found.re_entered.count(file) or '':>4}")


def main() -> None:
    """Print the walks of the named ways, or the count of statements."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description=main.__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)} (default: all)")
    parser.add_argument("--statements", action="store_true", help="count statements, files and underscores instead")
    parser.add_argument("--list", action="store_true", help="name the files, with how often each was re-entered")
    asked = parser.parse_args()
    if unknown := set(asked.ways) - set(WAYS):
        parser.error(f"no way {', '.join(sorted(unknown))}")
    if asked.statements:
        _print_statements(asked.list)
    else:
        _print_walks(asked.ways or list(WAYS), asked.list)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--follow"]:
        follow(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        main()
