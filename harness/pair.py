"""A pair: one process of each arm, both alive, that are measured in short windows by turns."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness import account
from harness.account import Window
from harness.channel import channel_of
from harness.control import WorkerDied
from harness.drain_trial import judged
from harness.messages import Again, Bye, Done, Go, Maps, Ready
from harness.outputs import rewind
from harness.probes.inside import TIMED
from harness.probes.machine import MachineProbe, ThrottlingProbe
from harness.probes.observer import Observer
from harness.probes.outside import Probing
from harness.probes.reading import Reading
from harness.trial import Identity, Place
from harness.workers import READY_TIMEOUT_S, Consumer, NeverReady, done, ready, remarks, start_consumer
from results.check.blocks import Arm, Order
from results.trial import Setting, Trial

# Of the timed pass; a window is too short for the others, which take as long as some windows do.
_IN_WINDOWS = ("run-delay",)
_WITHOUT = tuple(name for name in TIMED if name not in _IN_WINDOWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One arm of a pair: what is measured, under which identity, where, and the file that it writes, if any."""

    setting: Setting
    identity: Identity
    place: Place
    output: Callable[[], AbstractContextManager[int | None]]


@dataclass(slots=True)
class _Running:
    """A consumer that is ready, and what its windows told so far."""

    consumer: Consumer
    observer: Observer
    output_fd: int | None
    windows: list[Window] = field(default_factory=list)


class _Unwatched:
    """Stands for what observes a whole trial from outside: a window has nothing of the kind."""

    def sample(self) -> None:
        """Look at nothing."""

    def stop(self, _consumed: int) -> Reading:
        return Reading()


def run_pair(halves: Mapping[Arm, Half], order: Order, *, probing: Probing) -> dict[Arm, Trial]:
    """Start both consumers, in the order of `halves`, and measure them in windows in this order; state both trials.

    The first window that goes wrong ends the pair. Raises CannotRun or BadInput when a worker cannot start.
    """
    began_s = time.monotonic()
    started_at = {}
    failed: dict[Arm, NeverReady] = {}
    running: dict[Arm, _Running] = {}
    machine = MachineProbe({half.place.consumer_cpu for half in halves.values()})
    throttling = ThrottlingProbe()
    throttling.start()
    with ExitStack() as stack:
        for arm, half in halves.items():
            started_at[arm] = datetime.now(UTC)
            output_fd = stack.enter_context(half.output())
            consumer = stack.enter_context(start_consumer(half.setting, None, half.place, output_fd, probing))
            try:
                maps = ready(consumer, Maps)
            except NeverReady as error:
                failed[arm] = error
                break
            observer = stack.enter_context(Observer(maps, channel_of(half.setting)))
            running[arm] = _Running(consumer, observer, output_fd)
        machine.own([each.consumer.pid for each in running.values()])
        left = {arm: halves[arm].setting.windows or 0 for arm in running}
        for arm in order if not failed else ():
            left[arm] -= 1
            window = _drained(halves[arm], running[arm], last=not left[arm])
            running[arm].windows.append(window)
            if not window.trial.valid:
                break
        around = machine.stop() | throttling.stop(0)
        for each in running.values():
            each.consumer.send(Bye())
    took_s = time.monotonic() - began_s
    trials = {}
    for arm, half in halves.items():
        begun_at = started_at.get(arm, datetime.now(UTC))
        if arm in failed:
            trials[arm] = account.unopened(half.setting, half.identity, started_at=begun_at, failed=failed[arm])
            continue
        own = running.get(arm)
        trials[arm] = account.joined(
            half.setting,
            half.identity,
            () if own is None else own.windows,
            around,
            probing.limits,
            started_at=begun_at,
            took_s=took_s,
            warnings=[] if own is None else remarks(own.consumer, own.windows[-1].done if own.windows else Done()),
        )
    return trials


def _drained(half: Half, of: _Running, *, last: bool) -> Window:
    """Have the channel filled, and time how the consumer empties it."""
    rewind(of.output_fd)
    of.consumer.send(Again(without=_WITHOUT, tells_imports=last))
    try:
        done(of.consumer, Ready, READY_TIMEOUT_S)
        of.consumer.send(Go())
        finish = account.finish(of.consumer, of.observer, _Unwatched(), of.output_fd)
    except WorkerDied as error:
        finish = account.gone(of.observer, error)
    ledger, wrong = judged(half.setting, finish)
    began_ns = finish.done.began_ns
    return account.window(half.setting, half.identity, finish, ledger, wrong=wrong, first_ns=began_ns, last_ns=began_ns)
