"""A consumer that is another program: whatever it says itself, it answers with the messages of a consumer process."""

import math
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from types import TracebackType

from harness.consumer.process_tree import MOST_SAID_BYTES, NotReady, ProcessTree
from harness.control import M, Message, WorkerDied
from harness.messages import DRAIN_DEADLINE_S, Done, Go, Maps, Opening

# What the first process has started may end so much later than that.
_TRAILS_S = 1.0
# Shorter than whoever waits for it has patience: it can say then what is wrong.
_ENDS_WITHIN_S = DRAIN_DEADLINE_S


def _nothing() -> None:
    """Do nothing."""


class Unreadable(Exception):
    """What a program said, or wrote, tells no count where it should: the words say which, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was seen of a program: from when it was ready (CLOCK_MONOTONIC) until it was stopped.

    CPU time and memory are of all its processes, memory that of the moment in which it was stopped.
    """

    began_ns: int
    ended_ns: int
    cpu_s: float
    rss_bytes: int
    start_up_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a program is started, known to be ready, stopped and read.

    It is ready when it has said what `ready` matches, or without that when the kernel shows what it has attached.
    `goes`: it waits then for a line on its standard input. `stop` ends it, after `settle_s` in which it may take what
    it holds back. `done` reads all that it said. `look` is called every few milliseconds while it works, and `begin`
    before.
    """

    name: str
    command: tuple[str, ...]
    done: Callable[[bytes, Usage], Done]
    maps: Maps = field(default_factory=Maps)
    ready: str | None = None
    goes: bool = False
    settle_s: float = 0.0
    stop: signal.Signals = signal.SIGINT
    begin: Callable[[], None] = _nothing
    look: Callable[[], None] = _nothing


class Command(AbstractContextManager["Command"]):
    """Runs it, as a context manager; to a trial it is a Worker."""

    tree = None
    patience = 1

    def __init__(self, recipe: Recipe, *, cpu: int | None, pass_fds: Sequence[int] = ()) -> None:
        self.name = recipe.name
        self._recipe = recipe
        recipe.begin()
        self._processes = ProcessTree(recipe.command, cpu=cpu, pass_fds=pass_fds, listens=recipe.goes)
        self.pid, self.fileno = self._processes.pid, self._processes.fileno
        self._began_ns = 0
        self._used: Usage | None = None
        self._ends_by_s = math.inf

    @property
    def left_behind(self) -> Sequence[str]:
        return self._processes.left_behind

    def pending(self) -> bool:
        """Tell whether it has ended, or should have; who waits for that asks often."""
        self._recipe.look()
        return self._processes.ended() or time.monotonic() > self._ends_by_s

    def send(self, message: Message) -> None:
        """Let it go; there is nothing else that it is told."""
        if isinstance(message, Go):
            self._began()
            self._processes.go()

    def signal(self, _number: signal.Signals) -> None:
        """Stop it, by the signal that it knows."""
        if not self.pending():
            time.sleep(self._recipe.settle_s)
            if not self.pending():
                self._used = self._usage()
                self._processes.signal(self._recipe.stop)
                self._ends_by_s = time.monotonic() + _ENDS_WITHIN_S

    def receive(self, timeout_s: float, *kinds: type[M], times: int = 1) -> M:  # noqa: ARG002 - asked as a worker is
        """Return that it is being opened, that it is ready, and then what it has done. Raises WorkerDied.

        It may take its time once, however many `times` a process of ours may.
        """
        if Opening in kinds:
            return self._of(kinds, Opening())
        return self._of(kinds, self._done(timeout_s) if self._began_ns else self._ready(timeout_s))

    def _of(self, kinds: Sequence[type[M]], answer: Message) -> M:
        for kind in kinds:
            if isinstance(answer, kind):
                return answer
        raise WorkerDied(self.name, "failed", str(answer))

    def _ready(self, timeout_s: float) -> Maps:
        try:
            self._processes.wait_ready(self._recipe.ready, within_s=timeout_s)
        except NotReady as error:
            raise WorkerDied(self.name, error.how, error.detail) from error
        self._began()
        programs = sorted(self._processes.programs())
        if self._recipe.maps.program is not None or not programs:
            return self._recipe.maps
        return replace(self._recipe.maps, program=programs[0], others=tuple(programs[1:]))

    def _done(self, timeout_s: float) -> Done:
        """Read what it said when it has ended. Raises WorkerDied where that is not all that it had to say."""
        processes = self._processes
        if not processes.ended(timeout_s):
            told = f"did not end when told to ({self._recipe.stop.name}) within {_ENDS_WITHIN_S:g} s"
            raise WorkerDied(self.name, told, processes.last_line())
        processes.trail(_TRAILS_S)
        ending, killed_by = processes.ending(), processes.killed_by()
        if processes.flooded():
            raise WorkerDied(self.name, f"said more than {MOST_SAID_BYTES >> 20} MiB: what came then is not known", "")
        if self._used is None and not self._recipe.goes:
            raise WorkerDied(self.name, f"{ending} before it was told to", processes.last_line())
        if killed_by not in (None, self._recipe.stop, signal.SIGTERM):
            raise WorkerDied(self.name, ending, processes.last_line())
        try:
            return self._recipe.done(processes.said(), self._used or self._usage())
        except Unreadable as error:
            raise WorkerDied(self.name, f"did not say what it saw: {error}", "") from error
        except ValueError as error:
            raise WorkerDied(self.name, ending, processes.last_line()) from error

    def _began(self) -> None:
        self._began_ns = time.monotonic_ns()
        self._cpu_before_s = self._processes.cpu_s()

    def _usage(self) -> Usage:
        processes = self._processes
        return Usage(
            began_ns=self._began_ns,
            ended_ns=time.monotonic_ns(),
            cpu_s=max(0.0, processes.cpu_s() - self._cpu_before_s),  # sums of ticks: equal ones may differ by an ulp
            rss_bytes=processes.rss_bytes(),
            start_up_s=processes.start_up_s,
        )

    def whereabouts(self) -> str:
        """Say nothing: where another's program is stays its own affair."""
        return ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.__exit__(kind, error, trace)
