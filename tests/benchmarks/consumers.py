"""Does a second consumer pay? python -m tests.benchmarks.consumers [BLOCKS] > docs/results/consumers-apart.jsonl

Both of two CPUs write so many synthetic records, never more than their channel has room for; they are consumed by one
process on the first CPU, or by one on each, which reads its own CPU's part. What is told is how long it takes until all
are written and consumed; with nothing to do for the producers but to write, and with as much beside each record as the
kernel has to do for a packet that it drops. (As root.)
"""

import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bpf.channel import RecordChannel, Source, record_channels
from bpf.program import LoadOptions, Program
from bpf.synthetic import Emitter
from modes import Kit, Mode
from modes.file import File
from modes.null import Null
from tests.benchmarks.channels import interval

BLOCKS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
CPUS = sorted(os.sched_getaffinity(0))[:2]
AT_ONCE = 2048
SIZE_BYTES = 1 << 21
A_DROP_NS = 600  # what XDP's live frames, the cheapest drops there are, take of their CPU: 1.66 million per second
CONTEXT = multiprocessing.get_context("fork")  # a forked process has the maps already


@dataclass
class Case:
    """A channel, who reads it, how many records each CPU writes, and ns of other work for each.

    `took` is in seconds, by how many consumers.
    """

    channel: str
    reads: str
    records: int
    beside_ns: int
    took: dict[int, list[float]] = field(default_factory=lambda: {1: [], 2: []})


CASES = [
    Case(channel, reads, records if beside_ns == 0 else 200_000, beside_ns)
    for beside_ns in (0, A_DROP_NS)
    for reads, records in (
        ("counts, batch", 2_000_000),
        ("writes lines, batch", 400_000),
        ("counts, callback", 200_000),
    )
    for channel in ("percpu-ring", "log")
]


def opened(case: Case, program: Program, mode: Mode, own: int | None) -> tuple[list[Source], Callable[[], int]]:
    """Open the parts of all CPUs, or that of one."""
    channel = program.options.channel
    assert isinstance(channel, RecordChannel)
    if case.reads.endswith("batch"):
        sources = list(channel.runs(program.carriers, mode.take))  # type: ignore[attr-defined]
        return sources if own is None else [sources[own]], lambda: mode.consumed
    if own is not None and case.channel != "log":
        program.carriers = (program.carriers[own],)
    calls: Any = channel.calls(program, mode.on_record)  # type: ignore[attr-defined]
    if own is not None and case.channel == "log":
        calls._segments = [calls._segments[own]]
    return [calls], lambda: mode.consumed


def work(  # noqa: PLR0917 - all that a worker has
    case: Case, program: Program, place: int, reads: str, begin: Any, told: Any
) -> None:
    """Write on one CPU, and read there `all`, its `own`, or nothing."""
    os.sched_setaffinity(0, {CPUS[place]})
    channel = program.options.channel
    positions = channel.positions(program.channel_fd)
    assert positions is not None
    plan, keys = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
    emitter = Emitter(program.emit_fd, plan, keys, [(0xFFFFFFFF81000000, 1, 3)], slot=place)
    with Path(os.devnull).open("wb") as nowhere:
        mode = File(Kit(output=nowhere.fileno())) if case.reads.startswith("writes") else Null(Kit())
        sources, consumed = (
            ([], lambda: 0) if reads == "" else opened(case, program, mode, None if reads == "all" else place)
        )
        mine = {"": 0, "own": case.records, "all": 2 * case.records}[reads]
        left = case.records
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # for less than a second; nobody else interrupts
        begin.wait()
        began = time.monotonic_ns()
        while left or consumed() < mine:
            if left and positions.unread_records < channel.capacity // 2:
                count = min(left, AT_ONCE)
                until_ns = time.monotonic_ns() + count * case.beside_ns
                emitter.emit(count)
                left -= count
                while time.monotonic_ns() < until_ns:
                    pass
            elif not sources:
                os.sched_yield()
            found = sum([source.consume() for source in sources])
            if not found and not left:
                mode.flush()
        told.put((began, time.monotonic_ns()))


def run(case: Case, consumers: int, program: Program) -> float:
    """Return how long it took, in seconds."""
    program.counters.reset()
    begin, told = CONTEXT.Barrier(2), CONTEXT.Queue()
    reads = ("all", "") if consumers == 1 else ("own", "own")
    workers = [
        CONTEXT.Process(target=work, args=(case, program, place, each, begin, told)) for place, each in enumerate(reads)
    ]
    for worker in workers:
        worker.start()
    times = [told.get() for _ in workers]
    for worker in workers:
        worker.join()
    counters = program.counters.read()
    assert (counters.submitted, counters.reserve_failed) == (2 * case.records, 0)
    return (max(end for _, end in times) - min(began for began, _ in times)) / 1e9


def main() -> None:
    with ExitStack() as stack:
        kinds = {
            name: record_channels()[name].of(size_bytes=SIZE_BYTES, wakeup="none") for name in ("percpu-ring", "log")
        }
        programs = {
            name: stack.enter_context(Program(LoadOptions(channel=kind, synthetic=True)))
            for name, kind in kinds.items()
        }
        for block in range(BLOCKS):
            each = [(case, consumers) for case in CASES for consumers in (1, 2)]
            for case, consumers in random.Random(block).sample(each, len(each)):
                case.took[consumers].append(run(case, consumers, programs[case.channel]))
    for case in CASES:
        gains = [one / two for one, two in zip(case.took[1], case.took[2], strict=True)]
        low, high = interval(gains)
        row = {"channel": case.channel, "consumer": case.reads, "beside_ns": case.beside_ns}
        ns = {
            f"ns_a_record_{number}": round(median(took) * 1e9 / 2 / case.records, 2)
            for number, took in case.took.items()
        }
        print(
            json.dumps(
                {
                    **row,
                    "gain": round(median(gains), 3),
                    "low": low,
                    "high": high,
                    **ns,
                    "blocks": BLOCKS,
                    "load": os.getloadavg()[0],
                }
            )
        )


if __name__ == "__main__":
    main()
