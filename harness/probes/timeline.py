"""What a trial looked like from outside, moment by moment: sampled by the harness, at no cost to the consumer's loop.

A sample is one look at the program's counters, the ring's two positions, and the consumer's /proc files: about 20 us of
the harness's own time every 5 ms, on whichever CPU is free.
"""

import itertools
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.probes.observer import Observer
from harness.probes.reading import Reading
from results.series import LONG_S

SAMPLE_S = 0.005
"""Time between two samples; half of what counts as near (NEAR_NS), so that a loss is placed well enough."""
STEP_S = 1.0
"""Default length of a row of the timeline."""
SHORTEST_STEP_S = 0.1
NEAR_NS = 10_000_000
"""A loss this close to a pause, before or after it, counts as near it."""
PAUSE_NS = round(LONG_S * 1e9)
"""Pauses of the collector, and waits for a CPU, from this length on may cause a loss."""

Column = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. Counts since the start; `unread` is None when aggregating, the last three None where /proc lacks them.

    It was begun at `since_ns`, and all was read by `at_ns`: on a busy machine the two may lie apart.
    `busy_ns` and `delay_ns` are the time that the consumer's main thread ran, and was ready to run but had no CPU.
    """

    since_ns: int
    at_ns: int
    offered: int
    lost: int
    unread: int | None
    busy_ns: int | None
    delay_ns: int | None
    resident_bytes: int


class Sampler(ExitStack):
    """Samples one consumer; `take` as often as SAMPLE_S says."""

    def __init__(self, observer: Observer, pid: int) -> None:
        super().__init__()
        self.samples: list[Sample] = []
        self._observer = observer
        self.record_bytes, self.capacity = observer.record_bytes, observer.capacity
        self._overwritten_before = observer.overwritten
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._statm = self._open(Path(f"/proc/{pid}/statm"))
        schedstat = Path(f"/proc/{pid}/schedstat")
        self._schedstat = self._open(schedstat) if schedstat.exists() else None

    def _open(self, path: Path) -> int:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.callback(os.close, descriptor)
        return descriptor

    def take(self) -> None:
        """Look once; the consumer may have died, then nothing is added."""
        since_ns = time.monotonic_ns()
        counters, unread = self._observer.counters(), self._observer.unread_records
        at_ns = time.monotonic_ns()
        try:
            resident = int(os.pread(self._statm, 64, 0).split()[1]) * self._page
            busy_ns = delay_ns = None
            if self._schedstat is not None:
                busy_ns, delay_ns = map(int, os.pread(self._schedstat, 64, 0).split()[:2])
        except (ProcessLookupError, IndexError):  # it is gone; statm of a zombie is empty
            return
        lost = counters.reserve_failed + counters.map_full + self._observer.overwritten - self._overwritten_before
        self.samples.append(Sample(since_ns, at_ns, counters.observed, lost, unread, busy_ns, delay_ns, resident))


def timeline(
    samples: Sequence[Sample], began_ns: int, gc_total: Sequence[Sequence[int]] = (), step_s: float = STEP_S
) -> list[dict[str, Any]]:
    """Return a row for each step from `began_ns` on: what came, what became of it and what it cost, since the start.

    Between samples it is interpolated. `gc_total` is the growth of the collector's pauses: rows of (CLOCK_MONOTONIC ns,
    ns so far).
    """
    if len(samples) < 2:
        return []
    at = _column(sample.at_ns for sample in samples)
    steps = np.arange(began_ns, at[-1], round(step_s * 1e9))[1:]
    ends = np.append(steps, at[-1])

    def at_ends(values: Iterable[int]) -> Iterable[float]:
        return np.interp(ends, at, _column(values)).tolist()  # type: ignore[no-any-return] # numpy's own annotation

    found: dict[str, Iterable[Any]] = {
        "t_s": ((ends - began_ns) / 1e9).round(6).tolist(),
        "offered": map(round, at_ends(sample.offered for sample in samples)),
        "lost": map(round, at_ends(sample.lost for sample in samples)),
        "consumed": map(round, at_ends(sample.offered - sample.lost - (sample.unread or 0) for sample in samples)),
    }
    if samples[0].busy_ns is not None:
        found["cpu_s"] = at_ends((sample.busy_ns or 0) - samples[0].busy_ns for sample in samples)
        found["run_delay_s"] = at_ends((sample.delay_ns or 0) - (samples[0].delay_ns or 0) for sample in samples)
        for name in ("cpu_s", "run_delay_s"):
            found[name] = [round(value / 1e9, 6) for value in found[name]]
    if gc_total:
        moments, totals = zip(*gc_total, strict=True)
        pauses = np.interp(ends, (began_ns, *moments), (0, *totals))
        found["gc_pause_s"] = (pauses / 1e9).round(9).tolist()
    latest = [samples[index] for index in np.searchsorted(at, ends, side="right") - 1]
    found["unread"] = [sample.unread for sample in latest]
    found["rss_bytes"] = [sample.resident_bytes for sample in latest]
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def ring_use(samples: Sequence[Sample], record_bytes: int) -> Reading:
    """Return how full the channel was, over the samples; a record fills so many bytes of it."""
    names = ("ring_used_p50_bytes", "ring_used_p99_bytes", "ring_used_max_bytes")
    unread = [sample.unread for sample in samples if sample.unread is not None]
    if not unread:
        why = "the mode uses no ring" if samples else "the trial was too short to be sampled"
        return Reading(absent=dict.fromkeys(names, why))
    values = np.percentile(unread, (50, 99, 100), method="higher") * record_bytes
    return Reading(metrics=dict(zip(names, map(int, values), strict=True)))


def near_pauses(samples: Sequence[Sample], gc_pauses: Sequence[Sequence[int]] | None) -> Reading:
    """Return which part of the loss lies near a pause, and which part of the time does, as chance would have it.

    `gc_pauses` are rows that begin with (began, CLOCK_MONOTONIC ns; length, ns); None: nobody listed them. Deschedules
    are found in the samples.
    """
    waits = [
        (earlier.at_ns, later.at_ns)
        for earlier, later in itertools.pairwise(samples)
        if earlier.delay_ns is not None and later.delay_ns is not None and later.delay_ns - earlier.delay_ns >= PAUSE_NS
    ]
    causes = [("deschedule", waits)]
    if gc_pauses is not None:
        causes.append(("gc", [(began, began + length) for began, length, *_ in gc_pauses if length >= PAUSE_NS]))
    lost = np.diff(_column(sample.lost for sample in samples))
    metrics, absent = {}, {}
    for name, pauses in causes:
        near = _near(samples, pauses)
        if len(near):
            lengths = np.diff(_column(sample.at_ns for sample in samples))
            metrics[f"time_near_{name}_ratio"] = float(lengths[near].sum() / lengths.sum())
        if lost.sum():
            metrics[f"loss_near_{name}_ratio"] = float(lost[near].sum() / lost.sum())
        else:
            absent[f"loss_near_{name}_ratio"] = "nothing was lost"
    if samples and samples[0].delay_ns is None:
        absent["loss_near_deschedule_ratio"] = "this kernel does not tell a process's run-queue delay"
        metrics = {key: value for key, value in metrics.items() if "deschedule" not in key}
    return Reading(metrics=metrics, absent=absent)


def _near(samples: Sequence[Sample], pauses: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Tell for each span between two samples whether it comes within NEAR_NS of a pause."""
    at = _column(sample.at_ns for sample in samples)
    near = np.zeros(max(0, len(at) - 1), np.bool_)
    for began, ended in pauses:
        first = np.searchsorted(at, began - NEAR_NS, side="right") - 1
        last = np.searchsorted(at, ended + NEAR_NS, side="left")
        near[max(0, first) : last] = True
    return near


def _column(values: Iterable[int]) -> Column:
    return np.fromiter(values, np.int64)
