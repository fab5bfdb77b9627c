"""A consumer that is another program: whatever it says itself, it answers with the messages of a consumer process."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType

import psutil

from harness.control import M, Message, WorkerDied
from harness.messages import Done, Failed, Go, Maps

_LOOK_S = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was seen of a program: from when it was ready (CLOCK_MONOTONIC), and its CPU time until it was stopped."""

    began_ns: int
    ended_ns: int
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a program is started, known to be ready, stopped and read.

    It is ready when it has said `ready`, or, where that is empty, when it has had `start_s` to get there, as most tools
    do not say when they have attached. `goes`: it waits then for a line on its standard input. `stop` ends it, after
    `settle_s` in which it may take what it holds back. `done` reads all that it said.
    """

    name: str
    command: tuple[str, ...]
    done: Callable[[str, Usage], Done]
    maps: Maps = field(default_factory=Maps)
    ready: str = ""
    start_s: float = 3.0
    goes: bool = False
    settle_s: float = 0.0
    stop: signal.Signals = signal.SIGINT


class Command(AbstractContextManager["Command"]):
    """Runs it, as a context manager; to a trial it is a Worker."""

    tree = None
    left_behind: Sequence[str] = ()
    patience = 1

    def __init__(self, recipe: Recipe, *, cpu: int | None, pass_fds: Sequence[int] = ()) -> None:
        self.name = recipe.name
        self._recipe = recipe
        self._said = os.memfd_create(f"bench-{recipe.name}")
        self._process = subprocess.Popen(
            recipe.command,
            stdin=subprocess.PIPE if recipe.goes else subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        # It stays a zombie until it is let go: its end is looked for here, and its CPU time can be read until then.
        self.pid = self._process.pid
        self._ending = os.pidfd_open(self.pid)
        if cpu is not None:
            os.sched_setaffinity(self.pid, {cpu})
        self._watched = psutil.Process(self.pid)
        self._started_s = time.monotonic()
        self._began_ns = 0
        self._used: Usage | None = None

    def fileno(self) -> int:
        return self._ending

    def pending(self) -> bool:
        """Tell whether it has ended."""
        return bool(select.select([self], [], [], 0)[0])

    def send(self, message: Message) -> None:
        """Let it go; there is nothing else that it is told."""
        if isinstance(message, Go):
            self._began()
            if self._process.stdin is not None:
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()

    def signal(self, _number: signal.Signals) -> None:
        """Stop it, by the signal that it knows."""
        time.sleep(self._recipe.settle_s)
        self._used = self._usage()
        self._process.send_signal(self._recipe.stop)

    def receive(self, timeout_s: float, *kinds: type[M]) -> M:
        """Return that it is ready, and then what it has done. Raises WorkerDied."""
        answer = self._done(timeout_s) if self._began_ns else self._ready(timeout_s)
        for kind in kinds:
            if isinstance(answer, kind):
                return answer
        raise WorkerDied(self.name, "failed", str(answer))

    def _ready(self, timeout_s: float) -> Maps | Failed:
        recipe = self._recipe
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not self.pending():
            if recipe.ready in self._text() if recipe.ready else time.monotonic() >= self._started_s + recipe.start_s:
                self._began()
                return recipe.maps
            time.sleep(_LOOK_S)
        cure = "run it by hand; what it needs to run is its own affair"
        return Failed(what=f"{recipe.command[0]} does not run here: {self._last_line()}", cure=cure)

    def _done(self, timeout_s: float) -> Done:
        if not select.select([self], [], [], timeout_s)[0]:
            raise WorkerDied(self.name, "did not end when told to", self._last_line())
        try:
            return self._recipe.done(self._text(), self._used or self._usage())
        except ValueError as error:
            raise WorkerDied(self.name, f"ended with status {self._process.wait()}", self._last_line()) from error

    def _began(self) -> None:
        self._began_ns = time.monotonic_ns()
        self._cpu_before_s = self._cpu_s()

    def _usage(self) -> Usage:
        cpu_s = max(0.0, self._cpu_s() - self._cpu_before_s)  # sums of ticks: equal ones may differ by an ulp
        return Usage(began_ns=self._began_ns, ended_ns=time.monotonic_ns(), cpu_s=cpu_s)

    def _cpu_s(self) -> float:
        times = self._watched.cpu_times()
        return times.user + times.system

    def _text(self) -> str:
        return os.pread(self._said, os.fstat(self._said).st_size, 0).decode(errors="replace")

    def _last_line(self) -> str:
        return (self._text().strip().splitlines() or ["it said nothing"])[-1]

    def whereabouts(self) -> str:
        """Say nothing: where another's program is stays its own affair."""
        return ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.pending():
            self._process.kill()
        self._process.communicate()
        os.close(self._ending)
        os.close(self._said)
