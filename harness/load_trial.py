"""A load trial: does the consumer keep up with a load, how late is it, what does it cost?"""

import select
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Literal

from harness import account
from harness.channel import channel_of
from harness.control import Worker
from harness.messages import DRAIN_DEADLINE_S, Bye, Go, Maps, Ready, Sent
from harness.probes.machine import MachineProbe
from harness.probes.observer import Observer
from harness.probes.outside import Outside, Probing
from harness.probes.timeline import SAMPLE_S
from harness.trial import Identity, OnProgress, Place, Progress
from harness.workers import (
    READY_TIMEOUT_S,
    Consumer,
    Start,
    Traffic,
    endings,
    last_words,
    ready,
    remarks,
    start_consumer,
    start_generator,
)
from results.ledger import Ledger
from results.metrics import BACKLOG_AT_STOP
from results.trial import Setting, Trial
from traffic.kind import Expected
from traffic.offer import Offered

PROGRESS_STEP_S = 0.1
# The generator starts so long after it is told to: both sides are then surely waiting.
START_DELAY_NS = 5_000_000
SETTLE_TIMEOUT_S = 0.2
# A trial is generator-limited when less than this part of the intended load was offered.
OFFERED_AT_LEAST = 0.99

_GENERATOR_METRICS = (
    "lateness_p50_ns",
    "lateness_p99_ns",
    "lateness_max_ns",
    "largest_burst",
    "bursts",
    "unsent",
    "cpu_s",
)


def run_load_trial(
    setting: Setting,
    traffic: Traffic,
    *,
    identity: Identity,
    place: Place,
    output_fd: int | None,
    on_progress: OnProgress,
    probing: Probing,
    start: Start = start_consumer,
    detach: Callable[[], None] | None = None,
) -> Trial:
    """Offer a load to a consumer and close the ledger; `detach` ends what a shared ring's program observes.

    Raises CannotRun or BadInput when a worker cannot start. A worker that dies later makes the trial invalid.
    """
    started_at = datetime.now(UTC)
    with ExitStack() as stack:
        synthetic = setting.sender == "synthetic"
        machine = MachineProbe({place.consumer_cpu, place.generator_cpu})
        tag = None if synthetic else traffic.kind.tag(traffic.bed)
        consumer = start(setting, tag, place, output_fd, probing)
        stack.enter_context(consumer)
        generator = stack.enter_context(start_generator(setting, traffic, identity.seed, place.generator_cpu))
        maps = ready(consumer, Maps)
        observer = None if maps.counters is None else stack.enter_context(Observer(maps, channel_of(setting)))
        if synthetic:
            generator.send(maps)
        ready(generator, Ready)
        outside = stack.enter_context(
            Outside(
                setting,
                observer,
                probing,
                consumer=consumer.pid,
                program=maps.program,
                others=[generator.pid],
                machine=machine,
            )
        )

        witness_before = traffic.kind.witness(traffic.bed)
        machine.start()
        outside.start()
        sent = _offer(setting, consumer, generator, observer, outside, on_progress)
        offered = sent.offered
        expected = None if offered is None else traffic.kind.expect(offered.sent, offered.refused)
        backlog = None
        if observer is not None:
            observer.settle(expected.total if expected else None, SETTLE_TIMEOUT_S)
            backlog = observer.unread_records
        witness_after = traffic.kind.witness(traffic.bed)

        if detach is not None:
            detach()
        consumer.signal(signal.SIGUSR1)
        finish = account.finish(consumer, observer, outside, output_fd)
        consumer.send(Bye())

    witness = {name: count - witness_before.get(name, 0) for name, count in witness_after.items()}
    ledger = account.balance(
        setting,
        finish,
        sent=None if offered is None else offered.sent,
        refused=None if offered is None else offered.refused,
        drops_expected=expected.total if expected else None,
    )
    # A worker that raised or died leaves a ledger that cannot balance: that follows from it, and is no second fault.
    wrong = endings(sent) + endings(finish.done) or [*ledger.imbalance(), *_not_as_sent(offered, expected, witness)]
    metrics = _generator_metrics(sent)
    if backlog is not None:
        metrics[BACKLOG_AT_STOP.name] = backlog
    return account.close(
        setting,
        identity,
        outside,
        finish,
        ledger,
        started_at=started_at,
        first_ns=(offered and offered.first_ns) or 0,
        last_ns=(offered and offered.last_ns) or 0,
        wrong=wrong,
        metrics=metrics,
        witness=witness,
        warnings=[*_warnings(ledger, finish), *remarks(consumer, finish.done)],
        limited_by=_limited_by(setting, ledger, offered),
    )


def _offer(  # noqa: PLR0917 - both sides, and who watches them
    setting: Setting,
    consumer: Consumer,
    generator: Worker,
    observer: Observer | None,
    outside: Outside,
    on_progress: OnProgress,
) -> Sent:
    """Let the generator send, and watch; return its last words."""
    assert setting.duration_s is not None
    began = time.monotonic()
    generator.send(Go(at_ns=time.monotonic_ns() + START_DELAY_NS))
    patience_s = setting.duration_s + READY_TIMEOUT_S
    told_to_stop = False
    next_progress = began
    while not generator.pending():
        if not told_to_stop and consumer.pending():  # it raised or died: nobody is left to offer to
            generator.signal(signal.SIGUSR1)
            told_to_stop = True
        outside.sample()
        now = time.monotonic()
        if now > began + patience_s:
            return Sent(died=f"the generator said nothing for {patience_s:g} s")
        if observer is not None and now >= next_progress:
            next_progress = now + PROGRESS_STEP_S
            on_progress(
                Progress(
                    elapsed_s=now - began,
                    counters=observer.counters(),
                    unread=observer.unread_records,
                    consumer_pid=consumer.pid,
                )
            )
        select.select([generator] if told_to_stop else [generator, consumer], [], [], SAMPLE_S)
    return last_words(generator, Sent)


def _not_as_sent(offered: Offered | None, expected: Expected | None, witness: Mapping[str, int]) -> list[str]:
    """Say what became of the frames, if not what their kind states."""
    wrong = []
    if offered is not None and offered.unsent and not offered.sent:
        wrong.append(f"none of the {offered.unsent:,} frames that were due was sent")
    if expected is not None:
        wrong += [
            f"the second witness {name} grew by {grew}, not {expected.witness.get(name)}"
            for name, grew in witness.items()  # a counter that this kernel does not have is absent
            if grew != expected.witness.get(name)
        ]
    return wrong


def _generator_metrics(sent: Sent) -> dict[str, float]:
    if sent.offered is None:
        return {}
    told = {**asdict(sent.offered), "cpu_s": sent.cpu_s}
    return {f"generator_{name}": told[name] for name in _GENERATOR_METRICS if told[name] is not None}


def _warnings(ledger: Ledger, finish: account.Finish) -> list[str]:
    if not ledger.unread or endings(finish.done):
        return []
    return [f"{ledger.unread} events were still unread {DRAIN_DEADLINE_S:g} s after the load ended"]


def _limited_by(setting: Setting, ledger: Ledger, offered: Offered | None) -> Literal["consumer", "generator"] | None:
    if setting.intended_load is not None and setting.duration_s is not None:
        intended = setting.intended_load * setting.duration_s
        if offered is not None and offered.unsent and offered.sent < OFFERED_AT_LEAST * intended:
            return "generator"
    return "consumer" if ledger.lost else None
