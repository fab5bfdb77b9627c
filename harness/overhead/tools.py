"""What is attached: a program that is not ours, started and ended for each pair, or a consumer of ours, which stays."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Protocol

from harness.channel import channel_of
from harness.consumer.command import Recipe
from harness.consumer.process_tree import MOST_SAID_BYTES, READY_WITHIN_S, NotReady, ProcessTree
from harness.control import WorkerDied
from harness.load_trial import answered
from harness.messages import Again, Bye, Maps, Ready
from harness.outputs import rewind
from harness.overhead.workloads import Sender, Turn, Workload
from harness.pair import WITHOUT, Glance
from harness.probes.observer import Observer
from harness.probes.outside import Probing
from harness.probes.reading import Reading
from harness.trial import Place, Progress
from harness.workers import READY_TIMEOUT_S, Consumer, Traffic, done, ready, start_consumer
from results.metrics import CPU
from results.trial import Setting

# One that was idle for so long, and has attached nothing that is seen, will not.
_SHOWS_WITHIN_S = 2.0
# Ready, it is let be until it uses no more than this part of a CPU for so long, or does not come to rest.
_IDLE = 0.05
_STILL_S = 0.2
_PATIENCE_S = 2.0
_ENDS_WITHIN_S = 5.0


class Tool(Protocol):
    """Is attached before a turn, and detached after it. A turn of it raises nothing: what went wrong is in it."""

    @property
    def pids(self) -> Sequence[int]:
        """Its processes, while it is attached."""
        ...

    def attach(self) -> None:
        """Return when it is attached and at rest. Raises NotReady, and of ours what `workers.ready` does."""

    def turn(self, workload: Workload) -> Turn:
        """Have the workload do its turn, and add what the tool did meanwhile."""
        ...

    def detach(self) -> Sequence[str]:
        """End it, if it is attached; say what was odd about that."""
        ...

    def close(self) -> None:
        """End all of it."""


class Foreign:
    """A command: its start and its end are outside of every turn."""

    def __init__(self, recipe: Recipe, *, cpu: int | None) -> None:
        self._recipe, self._cpu = recipe, cpu
        self._tree: ProcessTree | None = None
        # Whether the kernel shows what it attaches; None: it was not started yet, or says itself when it is ready.
        self._shows: bool | None = None

    @property
    def pids(self) -> Sequence[int]:
        return () if self._tree is None else (self._tree.pid,)

    def attach(self) -> None:
        tree = self._tree = ProcessTree(self._recipe.command, cpu=self._cpu)
        if self._recipe.ready is not None or self._shows:
            tree.wait_ready(self._recipe.ready)
        elif self._shows is None:
            self._shows = _shows(tree)
        deadline = time.monotonic() + _PATIENCE_S
        while _used_s(tree) > _IDLE * _STILL_S and time.monotonic() < deadline:
            pass
        if tree.flooded() or tree.ended():
            raise NotReady(tree.name, f"{_ended(tree)} when it was attached", tree.last_line())

    def turn(self, workload: Workload) -> Turn:
        assert self._tree is not None
        before_s = self._tree.cpu_s()
        turn = workload.turn()
        reading = Reading(metrics={CPU.name: max(0.0, self._tree.cpu_s() - before_s)})
        if self._tree.flooded() or self._tree.ended():
            said = f"{self._tree.name} {_ended(self._tree)} while it was attached: {self._tree.last_line()}"
            return replace(turn, reading=reading, wrong=[said, *turn.wrong])
        return replace(turn, reading=reading)

    def detach(self) -> Sequence[str]:
        if self._tree is None:
            return ()
        tree, self._tree = self._tree, None
        odd = []
        with tree:
            tree.signal(self._recipe.stop)
            if not tree.ended(_ENDS_WITHIN_S):
                odd.append(f"{tree.name} did not end within {_ENDS_WITHIN_S:g} s of being told to, and was killed")
        return [*odd, *(f"{name} outlived {tree.name}, and was killed" for name in tree.left_behind)]

    def close(self) -> None:
        self.detach()


def _ended(tree: ProcessTree) -> str:
    """Say how it ended; one that says too much has, to us."""
    return f"said more than {MOST_SAID_BYTES >> 20} MiB" if tree.flooded() else tree.ending()


def _shows(tree: ProcessTree) -> bool:
    """Wait until a program shows what it has attached, or has been idle without showing anything. Raises NotReady."""
    while True:
        before_s, began_s = tree.cpu_s(), time.monotonic()
        try:
            tree.wait_ready(within_s=began_s + _SHOWS_WITHIN_S - tree.started_s)
        except NotReady:
            if tree.ended() or time.monotonic() > tree.started_s + READY_WITHIN_S:
                raise
            if tree.cpu_s() - before_s < _IDLE * (time.monotonic() - began_s):
                return False
        else:
            return True


def _used_s(tree: ProcessTree) -> float:
    """Watch for a moment how much CPU time it uses."""
    before_s = tree.cpu_s()
    tree.ended(_STILL_S)
    return tree.cpu_s() - before_s


class Own:
    """A consumer of ours: its process stays, and its program is attached for a turn.

    One whose program cannot begin anew is started and ended for each pair, as others' are.
    """

    def __init__(
        self,
        setting: Setting,
        traffic: Traffic,
        place: Place,
        probing: Probing,
        output: Callable[[], AbstractContextManager[int | None]],
        *,
        stays: bool,
    ) -> None:
        self._setting, self._traffic, self._place = setting, traffic, place
        self._probing, self._output, self._stays = probing, output, stays
        self._stack = ExitStack()
        self._consumer: Consumer | None = None
        self._left = False

    @property
    def pids(self) -> Sequence[int]:
        return () if self._consumer is None else (self._consumer.pid,)

    def attach(self) -> None:
        if self._consumer is None:
            self._start()
        consumer = self._consumer
        assert consumer is not None
        rewind(self._output_fd)
        if self._stays:
            consumer.send(Again(without=WITHOUT))
            try:
                done(consumer, Ready, READY_TIMEOUT_S)
            except WorkerDied as error:
                self.close()
                raise NotReady("the consumer", "cannot begin anew", str(error)) from error

    def _start(self) -> None:
        setting = self._setting if self._stays else replace(self._setting, windows=None)
        traffic = self._traffic
        self._output_fd = self._stack.enter_context(self._output())
        consumer = self._stack.enter_context(
            start_consumer(
                setting, traffic.kind.tag(traffic.bed), self._place, self._output_fd, self._probing, beds=[traffic.bed]
            )
        )
        maps = ready(consumer, Maps)
        self._sees, self._observer = maps.sees, None
        if maps.counters is not None:
            channel = channel_of(setting, maps.sample_bytes)
            self._observer = self._stack.enter_context(Observer(maps, channel, consumer.pid))
        self._consumer = consumer

    def turn(self, workload: Workload) -> Turn:
        """Close the ledger of the turn, too."""
        assert isinstance(workload, Sender)
        assert self._consumer is not None
        workload.sees = self._sees
        found = answered(
            self._setting, workload, self._consumer, self._observer, Glance(None), self._output_fd, _unheard
        )
        said = found.finish
        turn = Turn(ledger=found.ledger, witness=found.witness, reading=said.reading, wrong=found.wrong)
        self._left = bool(found.ledger.unread)
        if said.done.died is not None or said.done.raised is not None:
            self.close()
        return workload.told(turn)

    def detach(self) -> Sequence[str]:
        """End one that does not stay, or left something in its channel that would be taken for the next turn's.

        Others have detached their program when they were told to finish.
        """
        if not self._stays or self._left:
            self.close()
        return ()

    def close(self) -> None:
        """End the process."""
        if self._consumer is not None:
            self._consumer.send(Bye())
        self._stack.close()
        self._consumer = None


def _unheard(_progress: Progress) -> None:
    """Tell nobody how a turn goes on."""
