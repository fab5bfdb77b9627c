"""Run one trial: fresh processes, a handshake at each step, and a ledger that is closed from what both sides and the
kernel say.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bpf.counters import Counters
from bpf.errors import CannotRun
from harness.consumer import DRAIN_DEADLINE_S, ConsumerSpec
from harness.control import Worker, WorkerDied
from harness.drop_names import named
from harness.generator import GeneratorSpec
from harness.observer import Observer
from harness.probes.outside import Outside, Probing, reading_of
from harness.probes.reading import Reading
from harness.probes.timeline import SAMPLE_S
from harness.probes.written import bytes_written
from harness.tree import Tree
from results.blocks import Arm
from results.ledger import Ledger
from results.trial import Setting, Trial
from traffic.contract import DropKind
from traffic.senders import side_of
from traffic.testbed import Testbed

READY_TIMEOUT_S = 30.0
PROGRESS_STEP_S = 0.1
# The generator starts so long after it is told to: both sides are then surely waiting.
START_DELAY_NS = 5_000_000
SETTLE_TIMEOUT_S = 0.2
# A trial is generator-limited when less than this part of the intended load was offered.
OFFERED_AT_LEAST = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where a trial stands in its session; `arm` only in a check. The traffic's randomness comes from `seed`."""

    session: str
    number: int
    block: int
    seed: int
    arm: Arm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the two processes run. No CPUs: the machine has only one, and nothing is pinned. No tree: in our own."""

    consumer_cpu: int | None
    generator_cpu: int | None
    consumer_tree: Tree | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A drop kind that is set up in a testbed, with its frames."""

    kind: DropKind
    bed: Testbed
    frames: list[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known while a trial runs; all counts since its start. `unread` is None when aggregating.

    `consumer_pid` lets an observer stall the consumer (bench capacity --advise).
    """

    elapsed_s: float
    counters: Counters
    unread: int | None
    consumer_pid: int


OnProgress = Callable[[Progress], None]


def choose_place() -> Place:
    """Put consumer and generator on different CPUs where this process may use two."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return Place(consumer_cpu=None, generator_cpu=None)
    return Place(consumer_cpu=allowed[0], generator_cpu=allowed[1])


def run_load_trial(
    setting: Setting,
    traffic: Traffic,
    *,
    identity: Identity,
    place: Place,
    output_fd: int | None,
    on_progress: OnProgress,
    probing: Probing,
) -> Trial:
    """Offer a load to a consumer and close the ledger.

    Raises CannotRun or ValueError when a worker cannot start. A worker that dies later makes the trial invalid.
    """
    started_at = datetime.now(UTC)
    with ExitStack() as stack:
        synthetic = setting.sender == "synthetic"
        tag = None if synthetic else traffic.kind.tag(traffic.bed).hex()
        consumer = stack.enter_context(_consumer(setting, tag, place, output_fd, probing))
        generator = stack.enter_context(_generator(setting, traffic, identity.seed, place.generator_cpu))
        identities = _expect(consumer, "ready", READY_TIMEOUT_S)
        observer = stack.enter_context(Observer(identities))
        if synthetic:
            generator.send({"emitter": {name: identities[name] for name in ("emit", "plan", "keys")}})
        _expect(generator, "ready", READY_TIMEOUT_S)
        outside = stack.enter_context(
            Outside(
                setting,
                observer,
                probing,
                consumer=consumer.pid,
                program=identities["program"],
                others=[generator.pid],
                cpus={place.consumer_cpu, place.generator_cpu},
            )
        )

        witness_before = traffic.kind.witness(traffic.bed)
        outside.start()
        sent = _offer(setting, consumer, generator, observer, outside, on_progress)
        expected = None if "died" in sent else traffic.kind.expect(sent["sent"], sent["refused"])
        observer.settle(expected.total if expected else None, SETTLE_TIMEOUT_S)
        backlog = observer.unread_records
        witness_after = traffic.kind.witness(traffic.bed)

        consumer.signal(signal.SIGUSR1)
        done = _finish(consumer, outside)
        counters = observer.counters()
        consumed = done["consumed"] or 0
        reading = reading_of(done) | outside.stop(consumed) | bytes_written(output_fd, consumed)
        consumer.send({"bye": True})

    witness = {name: count - witness_before.get(name, 0) for name, count in witness_after.items()}
    ledger = _ledger(setting, counters, done, sent, expected.total if expected else None)
    wrong = _endings(sent) + _endings(done) + ledger.imbalance()
    if expected is not None:
        wrong += [
            f"the second witness {name} grew by {grew}, not {expected.witness.get(name)}"
            for name, grew in witness.items()  # a counter that this kernel does not have is absent
            if grew != expected.witness.get(name)
        ]
    first_ns = sent.get("first_ns") or 0
    last_ns = sent.get("last_ns") or 0
    metrics = {f"generator_{name}": sent[name] for name in _GENERATOR_METRICS if sent.get(name) is not None}
    if backlog is not None:
        metrics["backlog_at_stop"] = backlog
    reading = outside.complete(reading | Reading(metrics=metrics), ledger, first_ns)
    machine_invalid, machine_warnings = outside.judge(reading)
    return Trial(
        session=identity.session,
        number=identity.number,
        block=identity.block,
        arm=identity.arm,
        started_at=started_at.isoformat(timespec="milliseconds"),
        setting=setting,
        ledger=ledger,
        first_offered_ns=first_ns,
        last_offered_ns=last_ns,
        last_consumed_ns=done.get("last_consumed_ns", 0),
        metrics=reading.metrics,
        absent=reading.absent,
        witness=witness,
        series={"top_drops": named(done.get("top_drops", [])), **reading.series},
        invalid_because=(*wrong, *machine_invalid),
        warnings=(*_warnings(ledger), *machine_warnings),
        limited_by=_limited_by(setting, ledger, sent),
    )


_GENERATOR_METRICS = (
    "lateness_p50_ns",
    "lateness_p99_ns",
    "lateness_max_ns",
    "largest_burst",
    "bursts",
    "unsent",
    "cpu_s",
)


def run_drain_trial(
    setting: Setting, *, identity: Identity, place: Place, output_fd: int | None, probing: Probing
) -> Trial:
    """Fill the channel with synthetic records while the consumer is stopped, then time how it empties it."""
    assert setting.drain_records is not None
    started_at = datetime.now(UTC)
    with ExitStack() as stack:
        consumer = stack.enter_context(_consumer(setting, None, place, output_fd, probing))
        identities = _expect(consumer, "ready", READY_TIMEOUT_S)
        observer = stack.enter_context(Observer(identities))
        outside = stack.enter_context(
            Outside(
                setting,
                observer,
                probing,
                consumer=consumer.pid,
                program=identities["program"],
                others=(),
                cpus={place.consumer_cpu},
            )
        )
        outside.start()
        consumer.send({"go": True})
        done = _finish(consumer, outside)
        counters = observer.counters()
        consumed = done["consumed"] or 0
        reading = reading_of(done) | outside.stop(consumed) | bytes_written(output_fd, consumed)
        consumer.send({"bye": True})
    sent = {"sent": setting.drain_records, "refused": 0}
    ledger = _ledger(setting, counters, done, sent, setting.drain_records)
    wrong = _endings(done) + ledger.imbalance()
    if ledger.lost:
        wrong.append(f"the channel had no room for {ledger.lost} of the {setting.drain_records} records to be drained")
    began_ns = done.get("began_ns", 0)
    reading = outside.complete(reading, ledger, began_ns)
    machine_invalid, machine_warnings = outside.judge(reading)
    return Trial(
        session=identity.session,
        number=identity.number,
        block=identity.block,
        arm=identity.arm,
        started_at=started_at.isoformat(timespec="milliseconds"),
        setting=setting,
        ledger=ledger,
        first_offered_ns=began_ns,
        last_offered_ns=began_ns,
        last_consumed_ns=done.get("last_consumed_ns", 0),
        metrics=reading.metrics,
        absent=reading.absent,
        series={"top_drops": named(done.get("top_drops", [])), **reading.series},
        invalid_because=(*wrong, *machine_invalid),
        warnings=tuple(machine_warnings),
    )


def _consumer(setting: Setting, tag: str | None, place: Place, output_fd: int | None, probing: Probing) -> Worker:
    tree = place.consumer_tree
    spec = ConsumerSpec(
        setting=setting,
        mode=setting.mode if tree is None else tree.mode,
        tag=tag,
        cpu=place.consumer_cpu,
        output_fd=output_fd,
        without=probing.without,
    )
    inherited = () if output_fd is None else (output_fd,)
    return Worker("harness.consumer", {"spec": spec.to_json()}, name="consumer", pass_fds=inherited, tree=tree)


def _generator(setting: Setting, traffic: Traffic, seed: int, cpu: int | None) -> Worker:
    assert setting.duration_s is not None
    sender: Any = setting.sender  # plans hold valid ones only
    spec = GeneratorSpec(
        sender=sender,
        outlet=side_of(traffic.bed, sender).outlet,
        frames=traffic.frames,
        rate=setting.intended_load,
        shape=setting.shape,
        duration_s=setting.duration_s,
        seed=seed,
        cpu=cpu,
    )
    return Worker("harness.generator", {"spec": spec.to_json()}, name="generator", pass_fds=(spec.outlet.namespace,))


def _expect(worker: Worker, word: str, timeout_s: float) -> Mapping[str, Any]:
    """Return what a worker says under that word. Raises CannotRun or ValueError when it says that it failed."""
    try:
        message = worker.receive(timeout_s)
    except WorkerDied as error:
        raise CannotRun(f"cannot start a trial: {error}", "run `bench doctor`, then try again") from error
    if "failed" in message:
        failed = message["failed"]
        if failed["cure"] is None:
            raise ValueError(failed["what"])
        raise CannotRun(failed["what"], failed["cure"])
    answer: Mapping[str, Any] = message[word]
    return answer


def _offer(  # noqa: PLR0917 - both sides, and who watches them
    setting: Setting,
    consumer: Worker,
    generator: Worker,
    observer: Observer,
    outside: Outside,
    on_progress: OnProgress,
) -> Mapping[str, Any]:
    """Let the generator send, and watch; return what it says that it sent, or how it ended as `died`."""
    assert setting.duration_s is not None
    began = time.monotonic()
    generator.send({"go": time.monotonic_ns() + START_DELAY_NS})
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
            return {"died": f"the generator said nothing for {patience_s:g} s"}
        if now >= next_progress:
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
    return _last_words(generator, 1.0)


def _finish(consumer: Worker, outside: Outside) -> Mapping[str, Any]:
    """Watch the consumer finish; return what it says that it consumed, or how it ended as `died`."""
    patience_s = DRAIN_DEADLINE_S + 10
    deadline = time.monotonic() + patience_s
    while not consumer.pending() and time.monotonic() < deadline:
        outside.sample()
        select.select([consumer], [], [], SAMPLE_S)
    if not consumer.pending():
        return {"consumed": None, "unread": None, "died": f"the consumer said nothing for {patience_s:g} s"}
    return {"consumed": None, "unread": None} | dict(_last_words(consumer, 1.0))


def _last_words(worker: Worker, timeout_s: float) -> Mapping[str, Any]:
    try:
        message = worker.receive(timeout_s)
    except WorkerDied as error:
        return {"died": str(error)}
    failed = message.get("failed")
    done: Mapping[str, Any] = message["done"] if failed is None else {"died": f"the {worker.name}: {failed['what']}"}
    return done


def _endings(done: Mapping[str, Any]) -> list[str]:
    """Say how a worker ended, if not as it should."""
    if done.get("died"):
        return [done["died"]]
    return [f"the mode raised {done['raised']}"] if done.get("raised") else []


def _ledger(
    setting: Setting,
    counters: Counters,
    done: Mapping[str, Any],
    sent: Mapping[str, Any],
    drops_expected: int | None,
) -> Ledger:
    ring = setting.ring_size_bytes is not None
    return Ledger(
        sent=sent.get("sent"),
        refused=sent.get("refused"),
        observed=counters.observed,
        skipped=done.get("skipped"),
        drops_expected=drops_expected,
        submitted=counters.submitted if ring else None,
        reserve_failed=counters.reserve_failed if ring else None,
        aggregated=None if ring else counters.aggregated,
        map_full=None if ring else counters.map_full,
        consumed=done["consumed"],
        unread=done["unread"],
        checksum=counters.checksum if ring else None,
        checksum_read=done.get("checksum_read"),
    )


def _warnings(ledger: Ledger) -> tuple[str, ...]:
    warnings = []
    if ledger.unread:
        warnings.append(f"{ledger.unread} events were still unread {DRAIN_DEADLINE_S:g} s after the load ended")
    return tuple(warnings)


def _limited_by(setting: Setting, ledger: Ledger, sent: Mapping[str, Any]) -> Any:
    if setting.intended_load is not None and setting.duration_s is not None:
        intended = setting.intended_load * setting.duration_s
        if sent.get("unsent") and sent.get("sent", 0) < OFFERED_AT_LEAST * intended:
            return "generator"
    return "consumer" if ledger.lost else None
