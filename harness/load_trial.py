"""A load trial: does the consumer keep up with a load, how late is it, what does it cost?"""

import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from bpf.cpus import online_cpus
from harness import account
from harness.channel import channel_of
from harness.messages import DRAIN_DEADLINE_S, Bye, Go, Maps, Sent
from harness.probes.machine import MachineProbe
from harness.probes.observer import Observer
from harness.probes.outside import Outside, Probing
from harness.probes.timeline import SAMPLE_S
from harness.producers import Producers, as_one, imbalance, ledgers_by_cpu, together
from harness.trial import Identity, OnProgress, Place, Progress
from harness.workers import (
    READY_TIMEOUT_S,
    Consumer,
    Start,
    Traffic,
    endings,
    ready,
    remarks,
    start_consumer,
)
from results.ledger import Ledger
from results.metrics import BACKLOG_AT_STOP, EMIT_PER_EVENT, START_UP
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
    traffics: Sequence[Traffic],
    *,
    identity: Identity,
    place: Place,
    output_fd: int | None,
    on_progress: OnProgress,
    probing: Probing,
    start: Start = start_consumer,
    detach: Callable[[], None] | None = None,
) -> Trial:
    """Offer a load to a consumer and close the ledger; each producer has a testbed of its own.

    `detach` ends what a shared ring's program observes.

    Raises CannotRun or BadInput when a worker cannot start. A worker that dies later makes the trial invalid.
    """
    started_at = datetime.now(UTC)
    with ExitStack() as stack:
        synthetic = setting.sender == "synthetic"
        producers = Producers(setting, traffics, place, identity.seed)
        machine = MachineProbe({place.consumer_cpu, *producers.cpus})
        tag = None if synthetic else traffics[0].kind.tag(traffics[0].bed)
        before_s = time.monotonic()
        consumer = start(setting, tag, place, output_fd, probing)
        stack.enter_context(consumer)
        stack.enter_context(producers)
        maps = ready(consumer, Maps)
        start_up_s = time.monotonic() - before_s
        producers.sees = maps.sees
        observer = None
        if maps.counters is not None:
            channel = channel_of(setting, maps.sample_bytes)
            observer = stack.enter_context(Observer(maps, channel, consumer.pid))
        if synthetic:
            producers.tell(maps)
        producers.ready()
        outside = stack.enter_context(
            Outside(
                setting,
                observer,
                probing,
                consumer=consumer.pid,
                programs=maps.programs,
                others=[worker.pid for worker in producers.workers],
                machine=machine,
            )
        )

        machine.start()
        outside.start()
        found = answered(setting, producers, consumer, observer, outside, output_fd, on_progress, detach)
        consumer.send(Bye())

    sent, finish, ledger = found.sent, found.finish, found.ledger
    offered = sent.offered
    metrics = _generator_metrics(sent)
    if START_UP.name not in finish.reading.metrics:  # another's program is known to be ready a little later than it is
        metrics[START_UP.name] = start_up_s
    if sent.emitted:
        metrics[EMIT_PER_EVENT.name] = sent.emitting_ns / sent.emitted
    if found.backlog is not None:
        metrics[BACKLOG_AT_STOP.name] = found.backlog
    return account.close(
        setting,
        identity,
        outside,
        finish,
        ledger,
        started_at=started_at,
        first_ns=(offered and offered.first_ns) or 0,
        last_ns=(offered and offered.last_ns) or 0,
        wrong=found.wrong,
        metrics=metrics,
        witness=found.witness,
        series={"cpus": found.by_cpu} if found.by_cpu else {},
        warnings=[*_warnings(ledger, finish), *_shared(producers, place), *remarks(consumer, finish.done)],
        limited_by=_limited_by(setting, ledger, offered),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a load: what was sent, what the consumer did, the ledger of both, and what is wrong."""

    sent: Sent
    finish: account.Finish
    ledger: Ledger
    wrong: list[str]
    witness: Mapping[str, int]
    by_cpu: list[dict[str, Any]]
    backlog: int | None


def answered(  # noqa: PLR0917 - both sides, and who watches them
    setting: Setting,
    producers: Producers,
    consumer: Consumer,
    observer: Observer | None,
    outside: account.Watches,
    output_fd: int | None,
    on_progress: OnProgress,
    detach: Callable[[], None] | None = None,
) -> Answer:
    """Offer a load to a consumer that observes, have it end, and close the ledger."""
    skipped_before = None if observer is None else observer.skipped()
    witness_before = producers.witness()
    sents = _offer(setting, consumer, producers, observer, outside, on_progress)
    sent, made = together(sents), producers.expected(sents)
    offered, expected = sent.offered, as_one(made)
    seen = producers.seen(made, sents)
    total = None if seen is None else sum(seen)
    backlog = None
    if observer is not None:
        observer.settle(total, SETTLE_TIMEOUT_S)
        backlog = observer.unread_records
    witness_after = producers.witness()

    if detach is not None:
        detach()
    consumer.signal(signal.SIGUSR1)
    finish = account.finish(consumer, observer, outside, output_fd)
    if finish.skipped is not None and skipped_before is not None:
        finish = replace(finish, skipped=finish.skipped - skipped_before)
    by_cpu = {} if observer is None else observer.counters_by_cpu()

    witness = {name: count - witness_before.get(name, 0) for name, count in witness_after.items()}
    ledger = account.balance(
        setting,
        finish,
        sent=None if offered is None else offered.sent,
        refused=None if offered is None else offered.refused,
        drops_expected=total,
    )
    # A worker that raised or died leaves a ledger that cannot balance: that follows from it, and is no second fault.
    rows = [] if observer is None else ledgers_by_cpu(producers, seen, by_cpu, finish.done, online_cpus())
    wrong = endings(sent) + endings(finish.done) or [
        *ledger.imbalance(), *imbalance(rows, ledger.skipped), *account.untrue(ledger, finish.reading),
        *not_as_sent(offered, expected, witness),
    ]  # fmt: skip
    return Answer(sent=sent, finish=finish, ledger=ledger, wrong=wrong, witness=witness, by_cpu=rows, backlog=backlog)


def held_up(setting: Setting, offered: Offered | None, at_least: float = OFFERED_AT_LEAST) -> bool:
    """Tell whether the generator offered less than this part of what was meant."""
    if setting.intended_load is None or setting.duration_s is None or offered is None or not offered.unsent:
        return False
    return offered.sent < at_least * (offered.sent + offered.unsent)


def _offer(  # noqa: PLR0917 - both sides, and who watches them
    setting: Setting,
    consumer: Consumer,
    producers: Producers,
    observer: Observer | None,
    outside: account.Watches,
    on_progress: OnProgress,
) -> list[Sent]:
    """Let the generators send, and watch; return their last words."""
    assert setting.duration_s is not None
    began = time.monotonic()
    producers.tell(Go(at_ns=time.monotonic_ns() + START_DELAY_NS))
    patience_s = setting.duration_s + READY_TIMEOUT_S
    told_to_stop = False
    next_progress = began
    while busy := producers.busy():
        if not told_to_stop and consumer.pending():  # it raised or died: nobody is left to offer to
            for generator in producers.workers:
                generator.signal(signal.SIGUSR1)
            told_to_stop = True
        outside.sample()
        now = time.monotonic()
        if now > began + patience_s:
            return [Sent(died=f"the generator said nothing for {patience_s:g} s")] * len(producers.workers)
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
        select.select(busy if told_to_stop else [*busy, consumer], [], [], SAMPLE_S)
    return producers.last_words()


def _shared(producers: Producers, place: Place) -> list[str]:
    if not producers.shares:
        return []
    return [f"a producer shared CPU {place.consumer_cpu} with the consumer, and sent in bursts"]


def not_as_sent(offered: Offered | None, expected: Expected | None, witness: Mapping[str, int]) -> list[str]:
    """Say what became of the frames, if not what their kind states."""
    wrong = []
    if offered is not None and offered.unsent and not offered.sent:
        wrong.append(f"none of the {offered.unsent:,} frames that were due was sent")
    if expected is not None:
        wrong += [f"the second witness {each}" for each in expected.contradictions(witness)]
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
    if held_up(setting, offered):
        return "generator"
    return "consumer" if ledger.lost else None
