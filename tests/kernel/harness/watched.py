"""Watch a bench process from outside: how far it is, and all that it makes, to see whether anything is left of it.

Only what this very process made is looked at, by ids noted while it lived: others may use the machine meanwhile.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from bpf import syscalls
from bpf.cache import ROOTS_BASE
from harness.machine.group import abandoned, end_abandoned
from tests.kernel.bench import PATIENCE, command, surroundings

PROC = Path("/proc")
FOLDER = f"{ROOTS_BASE}/session-"
LEAVE_WITHIN_S = 5.0 * PATIENCE
OWN_FRAMES = 50  # more than a new interface sends by itself (NDP, MLD)
STAGES = ("testbed", "compile", "attach", "ready", "send", "drain", "write")
"""How far a load trial is, in this order; `await_stage` waits for each."""
QUIET_RUN = ("run", "--pass", "timed", "--foreign-limit", "1", "--steal-limit", "1")
"""`bench run` of load trials alone, whoever else uses the machine meanwhile."""


class Watched:
    """`bench words…` in a process of its own; killed with all its children at the end of the context.

    `wrapper` is a command that runs the one behind it. `out` is the result file that tells the stage `write`.
    """

    def __init__(self, *words: object, out: Path | None = None, wrapper: tuple[str, ...] = (), **extra: str) -> None:
        self._mark = f"BENCH_WATCHED={uuid.uuid4()}"
        self._out = out
        name, _, value = self._mark.partition("=")
        self.process = subprocess.Popen(
            [*wrapper, *command(*words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=surroundings(**{name: value}, **extra),
            start_new_session=True,
        )
        self.pids: set[int] = {self.process.pid}
        self.namespaces: set[str] = set()
        self.programs: set[int] = set()
        self.maps: set[int] = set()
        self.folders: set[Path] = set()
        self.stdout = self.stderr = ""
        self._has_sent = False
        self._foreign: set[int] = set()

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        for pid in self._ours():
            os.kill(pid, signal.SIGKILL)
        for folder in self.folders:  # a killed session's
            shutil.rmtree(folder, ignore_errors=True)
        if self.process.returncode == -signal.SIGKILL:
            for group in abandoned():
                if int(group.name.split("-")[2]) in self.pids:
                    end_abandoned(group)

    def worker(self, name: str) -> int | None:
        """Return the pid of the living consumer or generator, or None."""
        for pid in self._ours():
            words = _read(PROC / str(pid) / "cmdline").split("\0")
            if f"harness.{name}" in words and _state(pid) not in "ZX":
                return pid
        return None

    def await_worker(self, name: str) -> int:
        """Wait for the consumer or the generator; return its pid."""
        self._await(lambda: self.worker(name) is not None, f"the {name} started")
        pid = self.worker(name)
        assert pid is not None
        return pid

    def await_stage(self, stage: str) -> None:
        """Wait until the first trial is that far."""
        self._await(lambda: self._reached(stage), f"stage {stage} was reached")

    def finish(self, timeout_s: float = 300) -> int:
        """Wait for the end, noting what is made meanwhile; return the exit status (negative: the signal)."""
        deadline = time.monotonic() + timeout_s * PATIENCE
        while self.process.poll() is None:
            self._look()
            assert time.monotonic() < deadline, f"bench did not end within {timeout_s:g} s"
            # A full pipe would block it; nothing of what is tested here writes so much.
            time.sleep(0.02)
        self.stdout, self.stderr = self.process.communicate()
        return self.process.returncode

    def left_behind(self) -> list[str]:
        """List what still exists of all that was noted, once the kernel had time to clear up.

        What was seen to be gone once is gone: the kernel gives its number to another's namespace or map.
        """
        deadline = time.monotonic() + LEAVE_WITHIN_S
        left = set(self._left())
        while {thing for thing in left if not thing.startswith("folder")} and time.monotonic() < deadline:
            time.sleep(0.02)
            left &= set(self._left())
        return sorted(left)

    def _left(self) -> Iterator[str]:
        yield from (f"process {pid}" for pid in self._ours())
        yield from (f"program {number}" for number in self.programs if _opens(syscalls.open_program, number))
        yield from (f"map {number}" for number in self.maps if _opens(syscalls.open_map, number))
        # Without a process of ours, only a name could keep one alive; its number may be another's by now.
        yield from (f"namespace {name}" for name in self.namespaces if _is_mounted(name))
        yield from (f"folder {path}" for path in self.folders if path.exists())

    def _await(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 120 * PATIENCE  # a loaded machine is slow
        while not done():
            if self.process.poll() is not None:
                self.stdout, self.stderr = self.process.communicate()
                raise AssertionError(f"bench ended before {what}: {self.stderr}")
            assert time.monotonic() < deadline, f"waited in vain until {what}"
            time.sleep(0.005)  # a look costs half as much, and takes it from the one looked at

    def _reached(self, stage: str) -> bool:  # noqa: PLR0911 (one a stage)
        self._look()
        match stage:
            case "testbed":
                return bool(self.namespaces)
            case "compile":
                return self.worker("consumer") is not None
            case "attach":
                return bool(self.programs)
            case "ready":
                return self.worker("generator") is not None
            case "send":
                return _frames_sent(self.worker("generator")) > OWN_FRAMES
            case "drain":
                self._has_sent = self._has_sent or _frames_sent(self.worker("generator")) > OWN_FRAMES
                return self._has_sent and self.worker("generator") is None
            case "write":
                assert self._out is not None
                return self._out.exists() and self._out.read_bytes().count(b"\n") > 1
        raise ValueError(stage)

    def _look(self) -> None:
        """Note what there is now."""
        for pid in self._ours():
            self.pids.add(pid)
            for descriptor in _listdir(PROC / str(pid) / "fd"):
                target = _readlink(descriptor)
                if target.startswith("net:["):
                    self.namespaces.add(target)
                elif target.startswith(FOLDER):
                    # Files in it are noted as the folder itself. A session opens others' too, to see who holds them.
                    folder = ROOTS_BASE / Path(target).relative_to(ROOTS_BASE).parts[0]
                    if folder.name.split("-")[1] in map(str, self.pids):
                        self.folders.add(folder)
                elif target in ("anon_inode:bpf-map", "anon_inode:bpf-prog"):
                    self._note_bpf(PROC / str(pid) / "fdinfo" / descriptor.name)

    def _note_bpf(self, fdinfo: Path) -> None:
        for line in _read(fdinfo).splitlines():
            name, _, value = line.partition(":")
            if name == "map_id":
                self.maps.add(int(value))
            elif name == "prog_id":
                self.programs.add(int(value))

    def _ours(self) -> list[int]:
        """List the living processes that inherited our mark in their environment."""
        ours = []
        for folder in PROC.iterdir():
            if folder.name.isdigit() and int(folder.name) not in self._foreign:
                environment = _read(folder / "environ")
                if self._mark in environment.split("\0"):
                    ours.append(int(folder.name))
                elif environment:  # a process that is just starting or has just ended shows none
                    self._foreign.add(int(folder.name))
        return ours


def _read(path: Path) -> str:
    """Read a file of /proc; a process that has just ended has none."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _readlink(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _listdir(path: Path) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError:
        return []


def _state(pid: int) -> str:
    """Return a process's state letter; X, as the kernel says of the dead, when it is gone."""
    return (_read(PROC / str(pid) / "stat").rpartition(")")[2].split() or ["X"])[0]


def _frames_sent(generator: int | None) -> int:
    """Count the frames that left the testbed's sender, as the generator's own namespace tells."""
    for line in _read(PROC / str(generator) / "net/dev").splitlines():
        name, _, counts = line.partition(":")
        if name.strip() == "sender0":
            return int(counts.split()[9])
    return 0


def _opens(open_by_id: Callable[[int], int], identity: int) -> bool:
    try:
        os.close(open_by_id(identity))
    except FileNotFoundError:
        return False
    return True


def _is_mounted(namespace: str) -> bool:
    """Tell whether a namespace has a name in the file system, by which it would outlive its processes."""
    return f" {namespace} " in _read(PROC / "self/mountinfo")
