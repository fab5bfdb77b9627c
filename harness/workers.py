"""The two processes of a trial: how each is started, says that it is ready, and speaks its last words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from bpf.errors import CannotRun
from harness.consumer.command import Command
from harness.consumer.containment import leavings, told_of
from harness.control import WAITS, Emulator, M, Worker, WorkerDied
from harness.machine.group import Group
from harness.machine.user_path import user_path
from harness.messages import ConsumerSpec, Done, Failed, GeneratorSpec, LastWords, Maps, Opening, Raised
from harness.probes.outside import Probing
from harness.trial import Place
from results.errors import BadInput
from results.trial import Setting
from traffic.kind import DropKind
from traffic.senders import SenderName, side_of
from traffic.testbed import Testbed

READY_TIMEOUT_S = 30.0
# Before anything of a user's is opened: Python and the compiler, which an emulated or busy machine starts slowly.
START_TIMEOUT_S = 120.0
# They are there already, or the worker has ended.
LAST_WORDS_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A drop kind that is set up in a testbed, with its frames."""

    kind: DropKind
    bed: Testbed
    frames: list[bytes]


Consumer = Worker | Command
"""A mode in a process of ours, or another program."""

Start = Callable[[Setting, bytes | None, Place, int | None, Probing], Consumer]
"""Starts the consumer of a trial, as `start_consumer` does."""


def start_consumer(
    setting: Setting,
    tag: bytes | None,
    place: Place,
    output_fd: int | None,
    probing: Probing,
    *,
    shared: Maps | None = None,
    under: Emulator | None = None,
    beds: Sequence[Testbed] = (),
) -> Worker:
    """Start a mode. On a shared ring it attaches and fills nothing, whatever the tag.

    A user's own program may be attached to the devices of `beds`.
    """
    tree = place.consumer_tree
    program = setting.program if tree is None else tree.program
    if program is None:
        beds = ()
    spec = ConsumerSpec(
        setting=setting,
        mode=setting.mode if tree is None else tree.mode,
        tag=tag if shared is None else None,
        cpu=place.consumer_cpu,
        output_fd=output_fd,
        without=probing.without,
        import_path=tuple(map(str, user_path() if tree is None else tree.import_path)),
        tells_imports=tree is not None,
        shared=shared,
        program=program,
        receivers=tuple(bed.receiver.outlet for bed in beds),
        senders=tuple(bed.sender.outlet for bed in beds),
    )
    inherited = [] if output_fd is None else [output_fd]
    inherited += [outlet.namespace for outlet in (*spec.receivers, *spec.senders)]
    return Worker(
        "harness.consumer",
        spec,
        name="consumer",
        pass_fds=inherited,
        tree=tree,
        group=Group(),
        under=under,
        python=place.consumer_python,
    )


def start_generator(
    setting: Setting, traffic: Traffic, seed: int, cpu: int | None, *, slot: int = 0, spins: bool = True
) -> Worker:
    """Start one of the setting's producers, which offers its part of the load."""
    assert setting.duration_s is not None
    sender = cast("SenderName", setting.sender)  # plans hold valid ones only
    spec = GeneratorSpec(
        sender=sender,
        outlet=side_of(traffic.bed, sender).outlet,
        frames=tuple(traffic.frames),
        rate=None if setting.intended_load is None else setting.intended_load / setting.producers,
        shape=setting.shape,
        duration_s=setting.duration_s,
        seed=seed,
        cpu=cpu,
        spins=spins,
        slot=slot,
    )
    return Worker("harness.generator", spec, name="generator", pass_fds=(spec.outlet.namespace,))


class NeverReady(Exception):
    """A mode raised, blocked or ended its process while it was opened, or somebody killed a worker before it was ready.

    The trial is invalid, the others go on.
    """

    def __init__(self, worker: Consumer, how: str) -> None:
        super().__init__(how)
        self.worker = worker


def ready(worker: Consumer, kind: type[M]) -> M:
    """Return what a worker tells when it is ready.

    Raises NeverReady, or CannotRun or BadInput when it says that it failed.
    """
    opening = False
    try:
        message = worker.receive(START_TIMEOUT_S * worker.patience, kind, Opening, Raised, Failed, times=WAITS)
        if isinstance(message, Opening):
            opening = True
            message = worker.receive(READY_TIMEOUT_S * worker.patience, kind, Raised, Failed, times=WAITS)
    except WorkerDied as error:
        if opening:
            raise NeverReady(worker, f"while the mode was opened, {error}{worker.whereabouts()}") from error
        if error.killed:
            raise NeverReady(worker, str(error)) from error
        of_python = "Fatal Python error" in str(error)
        cure = "unset that, or say what Python can take" if of_python else "run `bench doctor`, then try again"
        raise CannotRun(f"cannot start a trial: {error}", cure) from error
    if isinstance(message, Raised):
        raise NeverReady(worker, f"the mode raised {message.what}")
    if isinstance(message, Failed):
        if message.cure is None:
            raise BadInput(message.what if worker.tree is None else worker.tree.explain(message.what))
        raise CannotRun(message.what, message.cure)
    assert isinstance(message, kind)
    return message


Last = TypeVar("Last", bound=LastWords)


def last_words(worker: Consumer, kind: type[Last]) -> Last:
    """Return what a worker says at its end. Raises BadInput when it did not run what its tree stands for."""
    try:
        return done(worker, kind, LAST_WORDS_TIMEOUT_S)
    except WorkerDied as error:
        return kind(died=str(error))


def done(worker: Consumer, kind: type[M], timeout_s: float) -> M:
    """Return what a worker tells at its end.

    Raises WorkerDied when it says that it failed, too, and BadInput when it did not run what its tree stands for.
    """
    message = worker.receive(timeout_s, kind, Failed)
    if isinstance(message, Failed):
        raise WorkerDied(worker.name, "failed", message.what)
    if worker.tree is not None and isinstance(message, Done):
        worker.tree.prove(message.imports)
    assert isinstance(message, kind)
    return message


def remarks(worker: Consumer, done: Done) -> list[str]:
    """Say what a mode did beside consuming; `worker` has been closed."""
    undone = [told_of(done.undone)] if done.undone else []
    return [*undone, *done.odd, *leavings(worker.left_behind, done.threads)]


def endings(last: LastWords) -> list[str]:
    """Say how a worker ended, if not as it should."""
    if last.died is not None:
        return [last.died]
    return [f"the mode raised {last.raised}"] if isinstance(last, Done) and last.raised is not None else []
