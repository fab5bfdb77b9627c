"""What each channel costs, loses and delays: python -m tests.benchmarks.channels [BLOCKS], as root.

It measures what docs/channels.md says into docs/results (channels.jsonl, channels-load.jsonl) and draws its figures.

The producer's cost is as the kernel times it, runs of 256 records, with nobody reading and room for all of them; then
they are read, counted and no more, which is the consumer's. Everything within a block is measured at once or in random
order right after each other; a block in which two producers did not work at the same time does not count for both.
"""

import json
import os
import random
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from bpf.channel import RecordChannel, record_channels
from bpf.cpus import online_cpus
from bpf.program import LoadOptions, Program
from bpf.reader import reader_named
from bpf.synthetic import EMITS_PER_RUN, Emitter
from modes import Kit
from modes.null import Null
from tests.benchmarks import channel_figures, channel_loads

RECORDS = 256 * 400
BLOCKS = int(sys.argv[1]) if len(sys.argv) > 1 else 40
CPUS = sorted(os.sched_getaffinity(0))
TOGETHER = 0.8
"""Of the longer one's time: so much must two producers have worked at once."""
DOCS = Path(__file__).resolve().parents[2] / "docs"
COSTS, LOADS = DOCS / "results/channels.jsonl", DOCS / "results/channels-load.jsonl"


@dataclass
class Measured:
    """Ns per event, by block."""

    producer: dict[int, float] = field(default_factory=dict)
    consumer: dict[int, float] = field(default_factory=dict)


class Contender:
    """A loaded program with its channel, and a reader that counts."""

    def __init__(self, kind: type[RecordChannel], reader: str, stack: ExitStack) -> None:
        size = kind.size_for(RECORDS * (1 if kind.name != "ring" else len(CPUS)))
        self.program = stack.enter_context(
            Program(LoadOptions(channel=kind.of(size_bytes=size, wakeup="none"), synthetic=True))
        )
        self.mode = Null(Kit())
        self.reader = reader_named(reader).open(self.program, self.mode)
        self.drain()

    def emit(self, cpus: Sequence[int]) -> tuple[float, bool]:
        """Write from each of some CPUs at once; return ns per record, and whether they did so at the same time."""
        barrier = threading.Barrier(len(cpus))
        told: list[tuple[float, int, int]] = []

        def write(slot: int, cpu: int) -> None:
            os.sched_setaffinity(0, {cpu})
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # for some ms, in which nobody else interrupts
            plan, in_turn = self.program.map_fd("synthetic_plan"), self.program.map_fd("synthetic_keys")
            source = Emitter(self.program.emit_fd, plan, in_turn, [(1, 2, 3)], slot=slot)
            source.emit(EMITS_PER_RUN)  # the caches
            source.spent_ns = source.emitted = 0
            barrier.wait()
            began = time.monotonic_ns()
            source.emit(RECORDS - EMITS_PER_RUN)
            told.append((source.spent_ns / source.emitted, began, time.monotonic_ns()))

        threads = [threading.Thread(target=write, args=each) for each in enumerate(cpus)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        overlap = min(end for _, _, end in told) - max(begin for _, begin, _ in told)
        return sum(cost for cost, _, _ in told) / len(told), overlap >= TOGETHER * max(
            end - begin for _, begin, end in told
        )

    def drain(self) -> float:
        """Read all; return ns of CPU time per record."""
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # as its producers were
        began, before = time.thread_time_ns(), self.mode.consumed
        while self.reader.consume():
            pass
        spent_ns = time.thread_time_ns() - began
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        return spent_ns / max(1, self.mode.consumed - before)


def main() -> None:
    COSTS.write_text("".join(f"{json.dumps(row)}\n" for row in costs()))
    channel_loads.measure(LOADS)
    channel_figures.draw(COSTS, LOADS, DOCS / "figures")


def costs() -> list[dict[str, Any]]:
    """Measure what a record costs those who write it, and who reads it: a row each, then what is held against what."""
    names = [(name, number) for name, number in product(record_channels(), range(1, min(2, len(CPUS)) + 1))]
    measured = {each: Measured() for each in names}
    os.sched_setaffinity(0, CPUS[:1])  # who reads; the first producer is on another CPU
    with ExitStack() as stack:
        contenders = {name: Contender(kind, "batch", stack) for name, kind in record_channels().items()}
        for block in range(BLOCKS):
            for name, number in random.Random(block).sample(names, len(names)):
                contender = contenders[name]
                contender.program.counters.reset()
                cost, together = contender.emit(CPUS[-number:])
                counters = contender.program.counters.read()
                assert (counters.submitted, counters.reserve_failed) == (number * RECORDS, 0)
                if together:
                    measured[name, number].producer[block] = cost
                measured[name, number].consumer[block] = contender.drain()
    rows: list[dict[str, Any]] = []
    for (name, number), found in measured.items():
        for part, by_block in (("producer", found.producer), ("consumer", found.consumer)):
            values = [*by_block.values()]
            low, high = interval(values)
            row = {"channel": name, "producers": number, "part": part, "median_ns": round(median(values), 2)}
            rows.append({**row, "low": low, "high": high, "blocks": len(values), "records": RECORDS})
    for what, above, below in ratios(measured):
        shared = [above[block] / below[block] for block in above.keys() & below.keys()]
        low, high = interval(shared)
        middle = round(median(shared), 3)
        rows.append({"ratio": what, "median": middle, "low": low, "high": high, "blocks": len(shared)})
    load = round(os.getloadavg()[0], 1)
    return [*rows, {"kernel": os.uname().release, "cpus": len(online_cpus()), "blocks": BLOCKS, "load_average": load}]


def ratios(measured: dict[tuple[str, int], Measured]) -> list[tuple[str, dict[int, float], dict[int, float]]]:
    """Name what is held against what, block by block."""
    found = [("producer, one CPU: log / ring", measured["log", 1].producer, measured["ring", 1].producer)]
    for name in record_channels():
        if (name, 2) in measured:
            two, one = measured[name, 2].producer, measured[name, 1].producer
            found.append((f"producer, {name}: two CPUs at once / one", two, one))
    found.append(("consumer, counting: log / ring", measured["log", 1].consumer, measured["ring", 1].consumer))
    return found


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the order statistics that hold the median with 95 % (normal approximation of the binomial)."""
    ordered, half = sorted(values), 0.98 * len(values) ** 0.5
    low = max(0, round(len(values) / 2 - half) - 1)
    high = min(len(values) - 1, round(len(values) / 2 + half))
    return round(ordered[low], 3), round(ordered[high], 3)


if __name__ == "__main__":
    main()
