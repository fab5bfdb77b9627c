"""The age of each event: from the timestamp that the program took to the moment at which the mode has consumed it.

Both are the kernel's own CLOCK_MONOTONIC, in a time namespace too. The batch reader pays one clock reading and three
numpy calls per chunk, and some 3 ns per event; the callback reader pays about 0.3 us for each event. That is more than
1 % of the quickest modes: a pass of its own.
"""

import ctypes
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bpf.clock import ahead_ns
from bpf.readers.compiled import CompiledReader
from bpf.record import Samples
from harness.probes.histogram import Histogram, Nanoseconds, quantiles
from harness.probes.reading import Reading
from modes import Mode, TakesBatches, TakesRecords

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}

# Ages are gathered so many at a time: a multiple of the reader's chunk whose fold (35 us) is no pause of note.
_ROOM = 16384
_now = time.monotonic_ns


class AgeProbe:
    """Stands between a mode and its reader and sees what the mode takes and what it has consumed.

    An event is consumed when the mode's own count says so, first in first out. For a mode that buffers (file) that is
    when the write has returned, and until then the event grows older: its timestamp is kept until it is counted.
    Put it in place before the reader is opened; it stays there.
    """

    def __init__(self, mode: Mode, reader: str) -> None:
        self._mode = mode
        record = mode.kit.record
        self._stamp_at = 0 if record is None else record.times_at()
        self._ages = np.empty(_ROOM, np.uint64)
        self._ahead_ns = ahead_ns()
        self._unsettled: list[Nanoseconds] = []
        self._single: list[int] = []
        self._single_ages: list[int] = []
        self.start()
        self._stand_between(mode, reader)

    def start(self) -> None:
        """Forget what was seen: the mode is watched already."""
        self._histogram = Histogram()
        self._gathered = 0
        self._settled = self._mode.consumed
        for seen in (self._unsettled, self._single, self._single_ages):
            seen.clear()

    def stop(self, _events: int) -> Reading:
        self._settle()
        self._fold()
        return ages(self._histogram.rows())

    def _stand_between(self, mode: Mode, reader: str) -> None:
        instance = vars(mode)  # what is set on the instance goes before the class's method
        inner_flush = mode.flush

        def flush() -> None:
            inner_flush()
            self._settle()

        instance["flush"] = flush
        if reader == "batch":
            assert isinstance(mode, TakesBatches)
            instance["take"] = self._taking(mode.take)
        elif reader == "callback":
            assert isinstance(mode, TakesRecords)
            instance["on_record"] = self._calling(mode.on_record)

    def watch(self, reader: CompiledReader) -> None:
        """Be told the timestamps by a reader that hands the mode no records in Python."""
        reader.tell_stamps(self._took)

    def _taking(self, inner: Callable[[Samples], None]) -> Callable[[Samples], None]:
        def take(samples: Samples) -> None:
            inner(samples)
            self._took(samples["timestamp"])

        return take

    def _took(self, stamps: Nanoseconds) -> None:
        """Give an age to what the mode has just been handed, or keep it until the mode has consumed it."""
        if not self._unsettled and self._mode.consumed == self._settled + len(stamps):
            self._add(stamps, _now() - self._ahead_ns)
            self._settled += len(stamps)
        else:
            self._unsettled.append(stamps.copy())
            self._settle()

    def _calling(self, inner: Callable[[int, int, int], int]) -> Callable[[int, int, int], int]:
        mode, unsettled, single, ages = self._mode, self._unsettled, self._single, self._single_ages
        ahead_ns, offset = self._ahead_ns, self._stamp_at
        stamp_at = ctypes.c_uint64.from_address

        def on_record(ctx: int, data: int, size: int) -> int:
            answer = inner(ctx, data, size)
            stamp = stamp_at(data + offset).value
            if mode.consumed == self._settled + 1 and not single and not unsettled:
                self._settled += 1
                ages.append(max(0, _now() - ahead_ns - stamp))
                if len(ages) == _ROOM:
                    self._fold()
            else:
                single.append(stamp)
                if mode.consumed != self._settled:
                    self._settle()
            return answer

        return on_record

    def _settle(self) -> None:
        """Give an age to what the mode has consumed since the last time."""
        now_ns = _now() - self._ahead_ns
        if self._single:
            self._unsettled.append(np.array(self._single, np.uint64))
            self._single.clear()
        while self._unsettled and self._settled < self._mode.consumed:
            stamps = self._unsettled[0]
            done = min(len(stamps), self._mode.consumed - self._settled)
            self._add(stamps[:done], now_ns)
            self._settled += done
            if done == len(stamps):
                self._unsettled.pop(0)
            else:
                self._unsettled[0] = stamps[done:]

    def _add(self, stamps: Nanoseconds, now_ns: int) -> None:
        for first in range(0, len(stamps), _ROOM):
            part = stamps[first : first + _ROOM]
            if self._gathered + len(part) > _ROOM:
                self._fold()
            end = self._gathered + len(part)
            np.subtract(np.uint64(now_ns), part, out=self._ages[self._gathered : end])
            self._gathered = end

    def _fold(self) -> None:
        ages = self._ages[: self._gathered]
        # Two CPUs' clocks may differ by some ns: a negative age is none.
        np.maximum(ages.view(np.int64), 0, out=ages.view(np.int64))
        self._histogram.add(ages)
        self._gathered = 0
        self._histogram.add(np.array(self._single_ages, np.uint64))
        self._single_ages.clear()


def ages(rows: Sequence[tuple[int, int]]) -> Reading:
    """Return the percentiles over what was consumed; rows of (greatest age of the step in ns, events) rise."""
    total = sum(count for _, count in rows)
    if not total:
        return Reading(absent=_absent("no event was consumed"))
    values = quantiles(rows, total, QUANTILES.values())
    metrics = {f"age_{name}_ns": value for name, value in zip(QUANTILES, values, strict=True) if value is not None}
    return Reading(metrics={**metrics, "age_max_ns": rows[-1][0]}, series={"age_histogram": list(rows)})


def ages_among_offered(rows: Sequence[Sequence[int]], offered: int) -> Reading:
    """Return the percentiles over all drops offered, where one that was never consumed is infinitely old."""
    metrics, absent = {}, {}
    consumed = sum(count for _, count in rows)
    for (name, quantile), value in zip(QUANTILES.items(), quantiles(rows, offered, QUANTILES.values()), strict=True):
        if value is not None:
            metrics[f"age_offered_{name}_ns"] = value
        else:
            absent[f"age_offered_{name}_ns"] = (
                f"infinite: {offered - consumed} of {offered} drops were never consumed, "
                f"more than the {(1 - quantile) * 100:.4g} % above this percentile"
            )
    return Reading(metrics=metrics, absent=absent)


def no_ages(mode: str) -> Reading:
    """Say why a mode that is handed counts, not events, has no ages."""
    return Reading(absent=_absent(f"{mode} gets only counts, and no event has a time"))


def _absent(why: str) -> Mapping[str, str]:
    return {f"age_{name}_ns": why for name in (*QUANTILES, "max")}
