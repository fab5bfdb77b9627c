"""Real drops for the live trials: a generator process of its own, as in `bench run`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.control import Worker
from harness.messages import GeneratorSpec, Go, Ready, Sent
from harness.workers import READY_TIMEOUT_S, done, ready
from traffic.kind import DropKind, choose_sender
from traffic.offer import Offered
from traffic.senders import SenderName, side_of
from traffic.testbed import Testbed

START_DELAY_NS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent, from where, and by which CPU; as fast as it goes."""

    kind: DropKind
    bed: Testbed
    frames: list[bytes]
    sender: SenderName
    cpu: int | None

    @classmethod
    @contextmanager
    def installed(cls, kind: DropKind, bed: Testbed, sender: str, cpu: int | None) -> Iterator[Load]:
        """Set the kind up in the testbed for as long as the context lasts. Raises BadInput for a wrong sender."""
        with kind.installed(bed) as frames:
            yield cls(kind=kind, bed=bed, frames=frames, sender=choose_sender(kind, None, sender), cpu=cpu)

    @property
    def tag(self) -> bytes:
        return self.kind.tag(self.bed)

    @contextmanager
    def ready(self, duration_s: float) -> Iterator[Worker]:
        """Start a generator that waits to be told to go. Raises CannotRun when it cannot."""
        spec = GeneratorSpec(
            sender=self.sender,
            outlet=side_of(self.bed, self.sender).outlet,
            frames=tuple(self.frames),
            rate=None,
            shape="constant",
            duration_s=duration_s,
            seed=0,
            cpu=self.cpu,
        )
        with Worker("harness.generator", spec, name="generator", pass_fds=(spec.outlet.namespace,)) as generator:
            ready(generator, Ready)
            yield generator

    def send(self, generator: Worker, duration_s: float, meanwhile: Callable[[], None] | None = None) -> Offered:
        """Let it go; return what it says that it sent. Raises WorkerDied. `meanwhile` is called each millisecond."""
        generator.send(Go(at_ns=time.monotonic_ns() + START_DELAY_NS))
        while meanwhile is not None and not generator.pending():
            meanwhile()
            time.sleep(0.001)
        offered = done(generator, Sent, duration_s + READY_TIMEOUT_S).offered
        assert offered is not None
        return offered
