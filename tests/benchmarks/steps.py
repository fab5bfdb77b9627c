"""What each step of counting a batch by cause costs, in the cache: python -m tests.benchmarks.steps

And what the reader costs where the records have to be fetched from memory.
"""

from __future__ import annotations

import json
import mmap
import statistics
import time
from collections.abc import Callable

import numpy as np

from bpf.record import CAUSE_WORDS, RECORD, RECORD_BYTES
from bpf.ring import Ring
from bpf.ring_runs import RingRuns
from modes.parts.counting import Causes

EVENTS, TIMES, KINDS = 16384, 400, 20


def lowest_ns(step: Callable[[], object]) -> float:
    """Return the least that a step took an event: what it costs when nothing else is at work."""
    lowest = None
    for _ in range(TIMES):
        began = time.perf_counter_ns()
        step()
        took = time.perf_counter_ns() - began
        lowest = took if lowest is None else min(lowest, took)
    assert lowest is not None
    return lowest / EVENTS


def from_memory() -> dict[str, float]:
    """Return medians of a ring that no cache holds: all that the reader does, and touching each record but once."""
    ring_bytes = 1 << 26
    events = ring_bytes // RECORD_BYTES - 1
    consumer, producer = (memoryview(bytearray(8)).cast("Q") for _ in range(2))
    data = mmap.mmap(-1, 2 * ring_bytes)
    records = np.frombuffer(data, RECORD)
    records["length"] = 24
    reader = RingRuns(Ring.over(consumer, producer, memoryview(data), ring_bytes), lambda _samples: None)
    words = np.empty(EVENTS, "<u4")

    def read() -> None:
        producer[0] += events * RECORD_BYTES
        reader.consume()

    def touch() -> None:
        for begin in range(0, events - EVENTS, EVENTS):
            np.copyto(words, records["length"][begin : begin + EVENTS])

    found = {}
    for name, step in (("read and check a ring of 64 MiB", read), ("copy one word of each of its records", touch)):
        took = []
        for _ in range(9):
            began = time.perf_counter_ns()
            step()
            took.append((time.perf_counter_ns() - began) / events)
        found[name] = statistics.median(took)
    return found


def main() -> None:
    random = np.random.default_rng(1)
    kinds = random.integers(0, KINDS, EVENTS)
    samples = np.zeros(EVENTS, RECORD)
    samples["length"] = 24
    samples["location"] = np.uint64(0xFFFFFFFF81000000) + random.integers(0, 1 << 24, KINDS).astype(np.uint64)[kinds]
    samples["pid"] = random.integers(0, 5, KINDS)[kinds]
    samples["reason"] = random.integers(2, 90, KINDS)[kinds]
    causes = Causes()
    numbers = causes.number(samples).copy()
    same_bytes = bytearray(EVENTS)
    same = np.frombuffer(same_bytes, np.bool_)
    words = samples.view(CAUSE_WORDS)
    locations, pid_reasons = words["location"], words["pid_reason"]
    products, mixed, slots = (words.copy() for words in causes._slots(locations, pid_reasons))
    steps: dict[str, Callable[[], object]] = {
        "check every header": lambda: (np.equal(samples["length"], 24, out=same), same_bytes.find(0)),
        "sum the timestamps": lambda: np.einsum("i->", samples["timestamp"]),
        "find the slots (two products, a sum, a shift)": lambda: causes._slots(locations, pid_reasons),
        "prove each match (two gathers, two comparisons)": lambda: causes._all_match(slots, products, mixed),
        "number the causes, all of it": lambda: causes.number(samples),
        "count the numbers": lambda: np.bincount(numbers),
    }
    for name, step in steps.items():
        print(json.dumps({"step": name, "lowest_ns_per_event": round(lowest_ns(step), 2)}))
    for name, median in from_memory().items():
        print(json.dumps({"step": name, "median_ns_per_event": round(median, 2)}))


if __name__ == "__main__":
    main()
