"""What a pass over the ring costs after a sleep, which empties caches: python -m tests.benchmarks.sleeps"""

from __future__ import annotations

import json
import mmap
import statistics
import time

import numpy as np

from bpf.channel import Source
from bpf.machine import MachineSource
from bpf.machine_code import code_of
from bpf.record import RECORD, RECORD_BYTES
from bpf.ring import Ring
from bpf.ring_runs import RingRuns, memory_of
from modes.null import Null
from modes.parts.mode import Kit

RING = 1 << 20
TIMES = 25


def main() -> None:
    consumer, producer = (memoryview(bytearray(8)).cast("Q") for _ in range(2))
    data = mmap.mmap(-1, 2 * RING)
    np.frombuffer(data, RECORD)["length"] = 24
    ring, null = Ring.over(consumer, producer, memoryview(data), RING), Null(Kit())
    # One ring for both: each takes all there is, from where the other has left it.
    readers = {
        "batch": lambda: RingRuns(ring, null.take),
        "compiled": lambda: MachineSource(memory_of(ring), null, code_of("ring", null.step)),
    }
    for name, opened in readers.items():
        measure(name, opened(), producer)


def measure(name: str, reader: Source, producer: memoryview) -> None:
    """Print what a pass takes after each sleep."""
    for slept_ms in (0, 0.5, 5, 50, 500):
        for records in (1, 1000, 8000):
            took = []
            for _ in range(TIMES):
                if slept_ms:
                    time.sleep(slept_ms / 1e3)
                producer[0] += records * RECORD_BYTES
                began = time.perf_counter_ns()
                reader.consume()
                took.append(time.perf_counter_ns() - began)
            print(
                json.dumps(
                    {"reader": name, "slept_ms": slept_ms, "records": records, "median_ns": statistics.median(took)}
                )
            )


if __name__ == "__main__":
    main()
