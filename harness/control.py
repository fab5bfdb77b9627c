"""The wire between the harness and its worker processes: one message per line, as a JSON object, over a socket pair."""

import contextlib
import ctypes
import faulthandler
import json
import math
import os
import re
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, is_dataclass
from itertools import repeat
from pathlib import Path
from types import TracebackType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from harness.machine.group import Group, command_name, signal_name
from harness.machine.streams import hide_deprecations
from harness.trial import Tree
from results.errors import BadInput

PROTOCOL = 16
"""Raised when a message changes its meaning; a worker of another checkout must speak the same (bench check)."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What can be said: derive a frozen dataclass. Its name and those of its fields are the words on the wire.

    A field holds what JSON does, bytes, tuples, and dataclasses of such fields.
    """


M = TypeVar("M", bound=Message)

WAITS = 5
"""So many deadlines a start may take that is at work: on a machine that emulates, or has others to serve."""
_AT_WORK = 0.01
"""A process that is at work has a CPU for more than this part of its time."""
_CPUCLOCK_SCHED = 2  # with a process's number, the clock of its processor time: include/linux/posix-timers.h

_PR_SET_PDEATHSIG = 1

# At this signal a worker writes to stderr where its Python code is, whatever blocks it (faulthandler).
_WHERE = signal.SIGUSR2
_WHERE_TIMEOUT_S = 0.5
_FRAME = re.compile(r'^  File "(.+)", line (\d+) in (\S+)$', re.MULTILINE)
_PYTHONS_OWN = tuple(sysconfig.get_path(name) for name in ("stdlib", "platlib", "purelib"))

# What chooses the code that Python runs, or what it does with a warning or at its end. All else of Python's
# (PYTHONMALLOC, PYTHONHASHSEED …) is how the user wants consumers to be run.
_OF_THE_CALLERS_PYTHON = frozenset(
    f"PYTHON{name}"
    for name in ("EXECUTABLE", "HOME", "INSPECT", "PATH", "PLATLIBDIR", "STARTUP", "USERBASE", "WARNINGS")
)


# What somebody does to a process, and no process to itself by mistake.
_KILLED = ("was killed by SIGKILL", "was killed by SIGTERM")


class WorkerDied(Exception):
    """A worker ended, or fell silent, before it had said what was expected; `detail` is what it wrote to stderr."""

    def __init__(self, worker: str, how: str, detail: str) -> None:
        super().__init__(f"the {worker} {how}" + (f": {detail}" if detail else ""))
        self.killed = how in _KILLED


@dataclass(frozen=True, slots=True)
class Emulator:
    """What runs a worker instead of the CPU, at most so many times slower: words before Python's, and what it sets."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    slower: int


class Worker(AbstractContextManager["Worker"]):
    """A fresh Python process that runs one of our modules; leaving the context kills it if it still lives.

    `left_behind` names the processes that it started and that outlived it; they are ended with its group.
    """

    def __init__(
        self,
        module: str,
        first: Message,
        *,
        name: str,
        pass_fds: Sequence[int] = (),
        tree: Tree | None = None,
        group: Group | None = None,
        under: Emulator | None = None,
        python: Path | None = None,
    ) -> None:
        """Start `python -m module` in its own session, by our own interpreter or another; it hears `first` first.

        It imports our packages from this checkout and works where we do; with `tree`, from and in there. `group` is for
        one that runs what is not ours.
        """
        self.name = name
        self.tree = tree
        self.patience = 1 if under is None else under.slower
        self.left_behind: list[str] = []
        self._group = group
        ours, theirs = socket.socketpair()
        self._stderr = os.memfd_create(f"bench-{module}-stderr")
        environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLERS_PYTHON}
        environment |= {} if group is None else group.environment
        environment |= {} if under is None else under.environment
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent if tree is None else tree.harness)
        with theirs:
            # -P: the working folder may be anybody's, and what is called as our packages there is not ours.
            self._command = [
                *(() if under is None else under.words),
                sys.executable if python is None else str(python),
                "-P",
                "-m",
                module,
                str(theirs.fileno()),
                str(os.getpid()),
            ]
            self._process = subprocess.Popen(
                self._command,
                pass_fds=(theirs.fileno(), *pass_fds),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                env=environment,
                cwd=None if tree is None else tree.folder,
                # Ctrl-C is for the harness alone, which then ends its workers in order.
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._socket = ours
        self._unread = b""
        if group is not None:
            group.admit(self.pid)
        self.send(first)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Message) -> None:
        """Send one message; that the worker is already gone shows at the next receive."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(_encode(message))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; a no-op when the process has ended (it is ours, so its pid cannot be another's)."""
        self._process.send_signal(number)

    def receive(self, timeout_s: float, *kinds: type[M], times: int = 1) -> M:
        """Return the next message, of one of these kinds.

        One that is at work is waited for up to so many `times` as long: a machine may be slow, or give it little time.
        Raises WorkerDied when the process ends first or says nothing in time, BadInput when it speaks another protocol.
        """
        began, waits, worked_s = time.monotonic(), 1, self._processor_time_s()
        while b"\n" not in self._unread:
            left_s = began + waits * timeout_s - time.monotonic()
            ready, _, _ = select.select([self._socket], [], [], max(0.0, left_s))
            if not ready:
                before_s, worked_s = worked_s, self._processor_time_s() if waits < times else 0.0
                if worked_s > before_s + _AT_WORK * timeout_s:
                    waits += 1
                    continue
                raise WorkerDied(self.name, f"said nothing for {waits * timeout_s:g} s", self._complaint())
            data = self._receive_some()
            if not data:
                raise WorkerDied(self.name, self._ending(), self._complaint())
            self._unread += data
        line, self._unread = self._unread.split(b"\n", 1)
        return _decode(line, kinds, self.name)

    def _processor_time_s(self) -> float:
        try:
            return time.clock_gettime(~self.pid << 3 | _CPUCLOCK_SCHED)
        except OSError:
            return math.inf  # it has ended, which its channel tells

    def pending(self) -> bool:
        """Tell whether `receive` has something to say at once: a message, or that the process is gone."""
        return b"\n" in self._unread or bool(select.select([self._socket], [], [], 0)[0])

    def _receive_some(self) -> bytes:
        try:
            return self._socket.recv(1 << 20)
        except ConnectionResetError:
            return b""

    def _ending(self) -> str:
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return "closed its channel"
        return f"was killed by {signal_name(-code)}" if code < 0 else f"ended with status {code}"

    def _complaint(self) -> str:
        """Return the last line that the process wrote to stderr; Python itself says first why it cannot start."""
        text = os.pread(self._stderr, 1 << 16, max(0, os.fstat(self._stderr).st_size - (1 << 16)))
        lines = text.decode(errors="replace").strip().splitlines()
        fatal = [line for line in lines if line.startswith("Fatal Python error: ")]
        return (fatal or lines or [""])[-1]

    def whereabouts(self) -> str:
        """Say which line of Python the process is at, outside of Python's own files; empty when it does not answer.

        For one that has fallen silent: an older checkout's ends by it.
        """
        before = os.fstat(self._stderr).st_size
        self.signal(_WHERE)
        deadline = time.monotonic() + _WHERE_TIMEOUT_S
        frames: list[tuple[str, str, str]] = []
        while not frames and time.monotonic() < deadline:
            time.sleep(0.05)
            frames = _FRAME.findall(os.pread(self._stderr, 1 << 16, before).decode(errors="replace"))
        ours = [frame for frame in frames if not frame[0].startswith(_PYTHONS_OWN)] or frames
        return "".join(f" (in {Path(file).name}:{line}, {name})" for file, line, name in ours[:1])

    def close(self) -> None:
        """Kill the process if it still lives, and wait for it."""
        self._socket.close()
        if self._process.poll() is None:
            try:
                self._process.wait(timeout=1)  # a closed channel ends a worker by itself
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._group is not None:
            own = command_name(self._command)
            left = (f"a copy of the {self.name}" if words == own else words for words in self._group.end().values())
            self.left_behind = list(dict.fromkeys(left))
        os.close(self._stderr)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self.close()


class Parent:
    """The worker's end of the wire: the harness that started it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Take `[socket's descriptor, the harness's pid]` from the command line; die when the harness dies."""
        fd, parent = int(arguments[0]), int(arguments[1])
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)
        hide_deprecations()  # stderr is read for what ended it
        faulthandler.register(_WHERE, all_threads=False)
        self.socket = socket.socket(fileno=fd)
        self._lines = self.socket.makefile("rb")

    def receive(self, *kinds: type[M]) -> M:
        """Wait for a message; a closed wire ends the process. Raises BadInput for another protocol."""
        line = self._lines.readline()
        if not line:
            sys.exit(1)
        return _decode(line, kinds, "harness")

    def send(self, message: Message) -> None:
        self.socket.sendall(_encode(message))


def _encode(message: Message) -> bytes:
    row = {"protocol": PROTOCOL, "message": type(message).__name__, **asdict(message)}
    return json.dumps(row, default=bytes.hex).encode() + b"\n"


def _decode(line: bytes, kinds: Sequence[type[M]], speaker: str) -> M:
    row = json.loads(line)
    if (theirs := row.pop("protocol", None)) != PROTOCOL:
        raise BadInput(f"the {speaker} speaks worker protocol {theirs}, we speak {PROTOCOL}; compare nearer commits")
    name = row.pop("message")
    for kind in kinds:
        if kind.__name__ == name:
            made: M = _made(kind, row)
            return made
    raise ValueError(f"the {speaker} said {name} where {' or '.join(kind.__name__ for kind in kinds)} is understood")


def _made(hint: Any, value: Any) -> Any:
    """Make of a value out of JSON what the type of its field says."""
    arguments = get_args(hint)
    if value is None:
        return None
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{name: _made(hints[name], each) for name, each in value.items()})  # type: ignore[operator] # a class
    if get_origin(hint) in (Union, UnionType):  # X | None
        return _made(arguments[0], value)
    if get_origin(hint) is tuple:
        kinds = repeat(arguments[0]) if arguments[-1] is ... else arguments
        return tuple(_made(kind, each) for kind, each in zip(kinds, value, strict=False))
    return bytes.fromhex(value) if hint is bytes else value
