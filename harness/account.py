"""Close the account of a trial: wait until the consumer has finished, balance the ledger, and state what came of it."""

from __future__ import annotations

import select
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from bpf.btf import KernelTypes
from bpf.channel import channel_named
from bpf.counters import Counters
from bpf.reasons import Reasons
from bpf.symbols import Symbols
from harness.machine.circumstances import circumstances
from harness.messages import DRAIN_DEADLINE_S, Done
from harness.probes.observer import Observer
from harness.probes.outside import Outside, bytes_written
from harness.probes.reading import Reading
from harness.probes.timeline import SAMPLE_S
from harness.trial import Identity
from harness.workers import Consumer, NeverReady, last_words, remarks
from results.ledger import Ledger
from results.trial import Setting, Trial

_NOTHING = Counters(0, 0, 0, 0, 0, 0)


def named(drops: Iterable[tuple[int, int, int]]) -> list[list[str | int]]:
    """Turn rows of (reason, location, count) into rows of (name, function and offset, count)."""
    if not drops:
        return []
    reasons, symbols = _names()
    return [[reasons.name(reason), symbols.name(location), count] for reason, location, count in drops]


@lru_cache(maxsize=1)
def _names() -> tuple[Reasons, Symbols]:
    with KernelTypes() as types:
        return Reasons.of_kernel(types), Symbols.of_kernel()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What is known when the consumer has finished: its last words, the program's counters, what the probes read."""

    done: Done
    counters: Counters
    skipped: int | None
    unread: int | None
    reading: Reading


def finish(consumer: Consumer, observer: Observer | None, outside: Outside, output_fd: int | None) -> Finish:
    """Wait until the consumer has finished, or for as long as it may take; read everything."""
    done = _wait(consumer, outside)
    consumed = done.consumed or 0
    reading = done.reading | outside.stop(consumed) | bytes_written(output_fd, consumed)
    if observer is None:
        return Finish(done=done, counters=done.counters or _NOTHING, skipped=None, unread=done.unread, reading=reading)
    unread = done.unread if done.unread is not None or done.consumed is None else observer.unread_records
    return Finish(done=done, counters=observer.counters(), skipped=observer.skipped(), unread=unread, reading=reading)


def _wait(consumer: Consumer, outside: Outside) -> Done:
    """Watch the consumer finish; return its last words."""
    patience_s = DRAIN_DEADLINE_S + 10
    deadline = time.monotonic() + patience_s
    while not consumer.pending() and time.monotonic() < deadline:
        outside.sample()
        select.select([consumer], [], [], SAMPLE_S)
    if not consumer.pending():
        return Done(died=f"the consumer said nothing for {patience_s:g} s{consumer.whereabouts()}")
    return last_words(consumer, Done)


def balance(
    setting: Setting, finish: Finish, *, sent: int | None, refused: int | None, drops_expected: int | None
) -> Ledger:
    """Put side by side what was sent, what the program counted, and what the consumer says that it consumed."""
    counters, done = finish.counters, finish.done
    counts = channel_named(setting.channel).counts
    if done.counters is not None:  # nor has a tool a sum of timestamps
        counts -= {"checksum"}
    return Ledger(
        sent=sent,
        refused=refused,
        observed=counters.observed,
        skipped=finish.skipped,
        drops_expected=drops_expected,
        consumed=done.consumed,
        unread=finish.unread,
        checksum_read=done.checksum_read,
        **{name: count for name, count in asdict(counters).items() if name in counts},
    )


def _started_under() -> list[str]:
    found = circumstances()
    return [f"the run was started under {', '.join(found)}, and so is what it measured"] if found else []


def stated(
    setting: Setting,
    identity: Identity,
    ledger: Ledger,
    *,
    started_at: datetime,
    wrong: Iterable[str],
    metrics: Mapping[str, float] = MappingProxyType({}),
    warnings: Iterable[str] = (),
) -> Trial:
    """State a trial in which nothing was offered to a consumer."""
    return Trial(
        session=identity.session,
        number=identity.number,
        block=identity.block,
        arm=identity.arm,
        started_at=started_at.isoformat(timespec="milliseconds"),
        setting=setting,
        ledger=ledger,
        first_offered_ns=0,
        last_offered_ns=0,
        last_consumed_ns=0,
        metrics=metrics,
        invalid_because=tuple(wrong),
        warnings=tuple(warnings),
    )


def unopened(setting: Setting, identity: Identity, *, started_at: datetime, failed: NeverReady) -> Trial:
    """State a trial whose mode could not be opened."""
    ledger = Ledger(observed=0, consumed=None, unread=None)
    warnings = remarks(failed.worker, Done())
    return stated(setting, identity, ledger, started_at=started_at, wrong=[str(failed)], warnings=warnings)


def close(
    setting: Setting,
    identity: Identity,
    outside: Outside,
    finish: Finish,
    ledger: Ledger,
    *,
    started_at: datetime,
    first_ns: int,
    last_ns: int,
    wrong: Iterable[str],
    metrics: Mapping[str, float] = MappingProxyType({}),
    witness: Mapping[str, int] = MappingProxyType({}),
    warnings: Iterable[str] = (),
    limited_by: Literal["consumer", "generator"] | None = None,
) -> Trial:
    """State a trial. `first_ns` and `last_ns` are when events were offered; `metrics` are those beside the probes'."""
    reading = outside.complete(finish.reading | Reading(metrics=metrics), ledger, first_ns)
    last_consumed_ns = finish.done.last_consumed_ns
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
        last_consumed_ns=last_consumed_ns,
        metrics=reading.metrics,
        absent=reading.absent,
        witness=witness,
        series={"top_drops": named(finish.done.top_drops), **reading.series},
        invalid_because=tuple(wrong),
        disturbed_because=tuple(outside.disturbed_because(reading, (last_consumed_ns - first_ns) / 1e9)),
        warnings=(*warnings, *_started_under()),
        limited_by=limited_by,
    )
