"""A pair: one process of each arm, both alive, that are measured in short windows by turns."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bpf.own import Sees
from harness import account
from harness.account import Window
from harness.channel import channel_of
from harness.control import WorkerDied
from harness.drain_trial import judged
from harness.load_trial import answered, held_up
from harness.messages import DRAIN_DEADLINE_S, Again, Bye, Done, Go, Maps, Ready
from harness.outputs import rewind
from harness.probes.inside import TIMED
from harness.probes.kernel import ProgramTime
from harness.probes.machine import MachineProbe, ThrottlingProbe
from harness.probes.observer import Observer
from harness.probes.outside import Probing
from harness.probes.reading import Reading
from harness.producers import Producers
from harness.trial import Identity, Place, Progress
from harness.workers import (
    READY_TIMEOUT_S,
    Consumer,
    NeverReady,
    Traffic,
    done,
    ready,
    remarks,
    start_consumer,
)
from results.check.blocks import Arm, Order
from results.ledger import Ledger
from results.trial import Setting, Trial

# Of the timed pass; a window is too short for the others, which take as long as some windows do.
_IN_WINDOWS = ("run-delay",)
WITHOUT = tuple(name for name in TIMED if name not in _IN_WINDOWS)

# A window is so short that one late turn of the generator's at its end is some hundredths of it; costs are per event.
_OFFERED_AT_LEAST = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One arm of a pair: what is measured, under which identity, where, and the file that it writes, if any."""

    setting: Setting
    identity: Identity
    place: Place
    output: Callable[[], AbstractContextManager[int | None]]


class Glance:
    """Observes a window from outside: of the kernel pass, what the program's runs take; nothing is sampled."""

    def __init__(self, program_time: ProgramTime | None) -> None:
        self._program_time = program_time

    def start(self) -> None:
        if self._program_time is not None:
            self._program_time.start()

    def sample(self) -> None:
        """Look at nothing."""

    def stop(self, consumed: int) -> Reading:
        return Reading() if self._program_time is None else self._program_time.stop(consumed)


@dataclass(slots=True)
class _Running:
    """A consumer that is ready, and what its windows told so far."""

    consumer: Consumer
    sees: Sees | None
    observer: Observer
    output_fd: int | None
    glance: Glance
    windows: list[Window] = field(default_factory=list)


def run_pair(
    halves: Mapping[Arm, Half], order: Order, *, probing: Probing, traffics: Sequence[Traffic] = ()
) -> list[Trial]:
    """Start both consumers, in the order of `halves`, and measure them in windows in this order; state both trials.

    With `traffics` each window is of the same load; without, it is a drain. The first window that goes wrong ends the
    pair. Raises CannotRun or BadInput when a worker cannot start.
    """
    began_s = time.monotonic()
    started_at: dict[Arm, datetime] = {}
    failed: dict[Arm, NeverReady] = {}
    running: dict[Arm, _Running] = {}
    first = next(iter(halves.values()))
    producers = Producers(first.setting, traffics, first.place, first.identity.seed) if traffics else None
    machine = MachineProbe({first.place.consumer_cpu, *(() if producers is None else producers.cpus)})
    throttling = ThrottlingProbe()
    throttling.start()
    with ExitStack() as stack:
        for arm, half in halves.items():
            started_at[arm] = datetime.now(UTC)
            try:
                running[arm] = _started(half, traffics, probing, stack)
            except NeverReady as error:
                failed[arm] = error
                break
        if producers is not None and not failed:
            stack.enter_context(producers)
            producers.ready()
        others = [] if producers is None else producers.workers
        machine.own([*(each.consumer.pid for each in running.values()), *(worker.pid for worker in others)])
        left = {arm: halves[arm].setting.windows or 0 for arm in running}
        for arm in order if not failed else ():
            left[arm] -= 1
            window = _window(halves[arm], running[arm], producers, last=not left[arm])
            running[arm].windows.append(window)
            if not window.trial.valid:
                break
        around = machine.stop() | throttling.stop(0)
        for each in running.values():
            each.consumer.send(Bye())
    took_s = time.monotonic() - began_s
    trials = []
    for arm, half in halves.items():
        begun_at = started_at.get(arm, datetime.now(UTC))
        if arm in failed:
            trials.append(account.unopened(half.setting, half.identity, started_at=begun_at, failed=failed[arm]))
            continue
        own = running.get(arm)
        windows = [] if own is None else own.windows
        said = [] if own is None else remarks(own.consumer, windows[-1].done if windows else Done())
        trials.append(
            account.joined(
                half.setting,
                half.identity,
                windows,
                around,
                probing.limits,
                started_at=begun_at,
                took_s=took_s,
                warnings=said,
            )
        )
    return trials


def _started(half: Half, traffics: Sequence[Traffic], probing: Probing, stack: ExitStack) -> _Running:
    """Start a consumer, and open what it is observed by. Raises NeverReady."""
    output_fd = stack.enter_context(half.output())
    tag = traffics[0].kind.tag(traffics[0].bed) if traffics else None
    consumer = stack.enter_context(start_consumer(half.setting, tag, half.place, output_fd, probing))
    maps = ready(consumer, Maps)
    assert maps.program is not None
    program_time = None
    if half.setting.pass_ == "kernel":
        program_time = stack.enter_context(ProgramTime(maps.programs))
    channel = channel_of(half.setting, maps.sample_bytes)
    observer = stack.enter_context(Observer(maps, channel, consumer.pid))
    return _Running(consumer, maps.sees, observer, output_fd, Glance(program_time))


def _window(half: Half, of: _Running, producers: Producers | None, *, last: bool) -> Window:
    """Have the consumer begin anew, let it work, and close the ledger of that."""
    rewind(of.output_fd)
    of.consumer.send(Again(without=WITHOUT, tells_imports=last))
    try:
        done(of.consumer, Ready, READY_TIMEOUT_S)
    except WorkerDied as error:
        finish = account.gone(of.observer, error)
        ledger, _ = judged(half.setting, finish)
        return account.window(half.setting, half.identity, finish, ledger, wrong=[str(error)])
    return _drained(half, of) if producers is None else _loaded(half, of, producers)


def _drained(half: Half, of: _Running) -> Window:
    """Time how the consumer empties its channel."""
    of.glance.start()
    of.consumer.send(Go())
    finish = account.finish(of.consumer, of.observer, of.glance, of.output_fd)
    ledger, wrong = judged(half.setting, finish)
    wrong = wrong or _left(ledger, "--drain N")
    began_ns = finish.done.began_ns
    return account.window(half.setting, half.identity, finish, ledger, wrong=wrong, first_ns=began_ns, last_ns=began_ns)


def _loaded(half: Half, of: _Running, producers: Producers) -> Window:
    """Offer the load while the consumer observes drops, and the other does not."""
    producers.sees = of.sees
    of.glance.start()
    found = answered(half.setting, producers, of.consumer, of.observer, of.glance, of.output_fd, _unheard)
    offered = found.sent.offered
    void, left = None, _left(found.ledger, "a lower --rate, or a smaller --ring-size")
    if held_up(half.setting, offered, _OFFERED_AT_LEAST) and not found.ledger.imbalance():
        void = f"the generator was held up: {found.ledger.sent} drops sent"
    return account.window(
        half.setting,
        half.identity,
        found.finish,
        found.ledger,
        wrong=left if void else found.wrong or left,
        first_ns=(offered and offered.first_ns) or found.finish.done.began_ns,
        last_ns=(offered and offered.last_ns) or found.finish.done.began_ns,
        void=void,
    )


def _left(ledger: Ledger, cure: str) -> list[str]:
    """Say what would be taken for the next window's: whoever was too slow for it left it in the channel."""
    if not ledger.unread:
        return []
    return [
        f"{ledger.unread:,} events were left unread, for which a consumer has {DRAIN_DEADLINE_S:g} s, and the next "
        f"window begins with an empty channel; let this consumer have fewer: {cure}"
    ]


def _unheard(_progress: Progress) -> None:
    """Tell nobody how a window goes on."""
