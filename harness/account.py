"""Close the account of a trial: wait until the consumer has finished, balance the ledger, and state what came of it."""

import select
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from statistics import median
from types import MappingProxyType
from typing import Any, Literal, Protocol

from bpf.btf import KernelTypes
from bpf.channel import channel_named
from bpf.counters import Counters
from bpf.reasons import Reasons
from bpf.symbols import Symbols
from harness.control import WorkerDied
from harness.machine.fingerprint import circumstances
from harness.messages import DRAIN_DEADLINE_S, Done
from harness.probes.age import ages
from harness.probes.lines import samples_together
from harness.probes.machine import Limits, disturbed_because
from harness.probes.observer import Observer
from harness.probes.outside import Outside, bytes_written
from harness.probes.reading import Reading
from harness.probes.timeline import SAMPLE_S
from harness.trial import Identity
from harness.workers import Consumer, NeverReady, last_words, remarks
from results.ledger import Ledger
from results.metrics import KERNEL_REFUSED, KERNEL_TOLD, METRICS, RUN_DELAY, WATCHED
from results.scorecard.percentiles import age_histogram
from results.trial import Setting, Trial
from results.windows import Windows
from traffic.own_kind import KindRaised

# What is no one number, and is gathered from each window.
_OF_WINDOWS = ("age_histogram", "line_samples")
_ADDED = (RUN_DELAY.name, WATCHED.name)


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
    counters: Counters | None
    skipped: int | None
    unread: int | None
    reading: Reading


class Watches(Protocol):
    """What observes a consumer from outside while it works."""

    def sample(self) -> None: ...

    def stop(self, consumed: int, /) -> Reading: ...


def finish(consumer: Consumer, observer: Observer | None, outside: Watches, output_fd: int | None) -> Finish:
    """Wait until the consumer has finished, or for as long as it may take; read everything."""
    done = _wait(consumer, outside)
    consumed = done.consumed or 0
    reading = done.reading | outside.stop(consumed) | bytes_written(output_fd, consumed)
    if observer is None:
        return Finish(done=done, counters=None, skipped=None, unread=done.unread, reading=reading)
    unread = done.unread if done.unread is not None or done.consumed is None else observer.unread_records
    return Finish(done=done, counters=observer.counters(), skipped=observer.skipped(), unread=unread, reading=reading)


def gone(observer: Observer, died: WorkerDied) -> Finish:
    """Read what is left when the consumer ended before it was to work."""
    done = Done(died=str(died))
    return Finish(done=done, counters=observer.counters(), skipped=observer.skipped(), unread=None, reading=Reading())


def _wait(consumer: Consumer, outside: Watches) -> Done:
    """Watch the consumer finish; return its last words."""
    patience_s = (DRAIN_DEADLINE_S + 10) * consumer.patience
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
    if counters is None and setting.program is not None:
        drops_expected = None
    counts = channel_named(setting.channel).counts
    # A user's own program has no sum of timestamps, nor has what is gone.
    if done.overwritten or setting.program is not None:
        counts -= {"checksum"}
    return Ledger(
        sent=sent,
        refused=refused,
        observed=None if counters is None else counters.observed,
        skipped=finish.skipped,
        drops_expected=drops_expected,
        consumed=done.consumed,
        admitted=done.admitted,
        unread=finish.unread,
        overwritten=done.overwritten,
        checksum_read=None if done.overwritten else done.checksum_read,
        **{} if counters is None else {name: count for name, count in asdict(counters).items() if name in counts},
    )


def untrue(ledger: Ledger, reading: Reading) -> Iterator[str]:
    """Say where the kernel's own count of what it refused is not the program's: another CPU's may be in that alone."""
    counts = [reading.metrics.get(KERNEL_TOLD.name), reading.metrics.get(KERNEL_REFUSED.name), ledger.reserve_failed]
    known = [count for count in counts if count is not None]
    if known != sorted(known):
        yield "LOST records report {}, and the kernel counted {}, of {} that found no room".format(*counts)


def _started_under() -> list[str]:
    found = circumstances()
    return [f"the run was started under {', '.join(found)}, which is part of what it measured"] if found else []


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


def unsent(setting: Setting, identity: Identity, *, started_at: datetime, error: KindRaised) -> Trial:
    """State a trial whose traffic raised, or made what cannot be sent."""
    ledger = Ledger(observed=0, consumed=None, unread=None)
    return stated(setting, identity, ledger, started_at=started_at, wrong=[f"the traffic {error}"])


def torn(setting: Setting, identity: Identity, *, started_at: datetime) -> Trial:
    """State the half of a pair whose other half alone is in the file: the session was ended while it wrote them."""
    ledger = Ledger(observed=0, consumed=None, unread=None)
    return stated(setting, identity, ledger, started_at=started_at, wrong=["the session ended before this was written"])


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
    series: Mapping[str, Any] = MappingProxyType({}),
    warnings: Iterable[str] = (),
    limited_by: Literal["consumer", "generator"] | None = None,
) -> Trial:
    """State a trial. `first_ns` and `last_ns` are when events were offered; `metrics` are those beside the probes'."""
    reading = outside.complete(finish.reading | Reading(metrics=metrics), ledger, first_ns)
    last_consumed_ns = finish.done.last_consumed_ns
    said = [*warnings, *_started_under()]
    return replace(
        stated(setting, identity, ledger, started_at=started_at, wrong=wrong, metrics=reading.metrics, warnings=said),
        first_offered_ns=first_ns,
        last_offered_ns=last_ns,
        last_consumed_ns=last_consumed_ns,
        absent=reading.absent,
        witness=witness,
        series={"top_drops": named(finish.done.top_drops), **reading.series, **series},
        disturbed_because=tuple(outside.disturbed_because(reading)),
        limited_by=limited_by,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window of a pair's half, as a trial that nobody keeps: a number means in it what it means in any trial.

    `void` says why it cannot be compared though nothing went wrong.
    """

    done: Done
    trial: Trial
    void: str | None = None


def window(
    setting: Setting,
    identity: Identity,
    finish: Finish,
    ledger: Ledger,
    *,
    wrong: Iterable[str],
    first_ns: int = 0,
    last_ns: int = 0,
    void: str | None = None,
) -> Window:
    """State a window. `first_ns` and `last_ns` are when events were offered."""
    trial = stated(setting, identity, ledger, started_at=datetime.now(UTC), wrong=wrong, metrics=finish.reading.metrics)
    trial = replace(
        trial,
        absent=finish.reading.absent,
        series={name: rows for name, rows in finish.reading.series.items() if name in _OF_WINDOWS},
        first_offered_ns=first_ns,
        last_offered_ns=last_ns,
        last_consumed_ns=finish.done.last_consumed_ns,
    )
    return Window(done=finish.done, trial=trial, void=void)


def joined(
    setting: Setting,
    identity: Identity,
    windows: Sequence[Window],
    around: Reading,
    limits: Limits,
    *,
    started_at: datetime,
    took_s: float,
    warnings: Iterable[str],
) -> Trial:
    """State one half of a pair by its windows; `around` was read of the machine while the pair ran.

    Costs per event are the medians of the windows'. One that went wrong makes the half invalid. A void one does not,
    but where more than a quarter of them are, another load was offered than was meant.
    """
    trials = [each.trial for each in windows]
    by_window = {
        metric.name: [None if each.void or not each.trial.valid else metric.value(each.trial) for each in windows]
        for metric in METRICS.values()
        if metric.gate is not None and metric.gate.tells_windows_of(setting.trial_kind, setting.pass_)
    }
    told = {name: [each.metrics.get(name) for each in trials] for name in _per_event(trials)} | by_window
    metrics = {name: found for name, values in told.items() if (found := _median(values)) is not None}
    waits = {name: [each.metrics[name] for each in trials if name in each.metrics] for name in _ADDED}
    reading = around | Reading(metrics=metrics | {name: sum(values) for name, values in waits.items() if values})
    # The ages of all windows together: a late one is late, however few windows have such.
    if counted := age_histogram(each for each in trials if "age_histogram" in each.series):
        reading |= ages(sorted(counted.items()))
    if looked := [each.series["line_samples"] for each in trials if "line_samples" in each.series]:
        reading |= Reading(series={"line_samples": samples_together(looked)})
    void = {str(place): each.void for place, each in enumerate(windows) if each.void}
    ledger = _together([each.ledger for each in trials])
    held_up = len(void) * 4 > len(windows)
    wrong = [
        f"window {place} of {setting.windows}: {reason}"
        for place, each in enumerate(trials, start=1)
        for reason in each.invalid_because
    ]
    said = [*warnings, *_started_under()]
    return replace(
        stated(setting, identity, ledger, started_at=started_at, wrong=wrong, metrics=reading.metrics, warnings=said),
        first_offered_ns=trials[0].first_offered_ns if trials else 0,
        last_offered_ns=trials[-1].last_offered_ns if trials else 0,
        last_consumed_ns=trials[-1].last_consumed_ns if trials else 0,
        absent=reading.absent,
        series={**reading.series, **({"top_drops": named(windows[-1].done.top_drops)} if windows else {})},
        disturbed_because=tuple(disturbed_because(reading, limits)),
        limited_by="generator" if held_up else "consumer" if ledger.lost else None,
        windows=Windows(
            began_ns=tuple(each.first_offered_ns for each in trials),
            values={name: tuple(map(_rounded, values)) for name, values in by_window.items()},
            void=void,
            took_s=round(took_s, 3),
        ),
    )


def _per_event(trials: Sequence[Trial]) -> list[str]:
    return [name for name in (trials[0].metrics if trials else ()) if name.endswith("_per_event")]


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _rounded(value: float | None) -> float | None:
    """Keep as many digits as any clock has, so that files stay small."""
    return None if value is None else float(f"{value:.7g}")


def _together(ledgers: Sequence[Ledger]) -> Ledger:
    """Add ledgers up; what one of them could not tell is not known of all."""
    if not ledgers:
        return Ledger(observed=0, consumed=0, unread=0)
    added: dict[str, Any] = {}
    for name in (each.name for each in fields(Ledger)):
        counts = [getattr(ledger, name) for ledger in ledgers]
        added[name] = None if None in counts else sum(counts)
    for name in ("checksum", "checksum_read"):
        added[name] = None if added[name] is None else added[name] % 2**64
    return Ledger(**added)
