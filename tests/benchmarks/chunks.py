"""How many records to look at in one go: python -m tests.benchmarks.chunks > docs/results/chunks.jsonl (as root)."""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from typing import Any

from bpf import ring_runs
from bpf.channels.ring import RingChannel
from bpf.ring import Ring
from harness.peers.ring import SharedRing
from modes import Kit, load_mode
from traffic.synthetic import usual_keys

RECORDS, BLOCKS = 500_000, 9
RING = 1 << 24
CHUNKS = [2**power for power in range(13, 21)]


def main() -> None:
    output = os.memfd_create("chunks")
    kit = Kit(output=output)
    modes: dict[str, Any] = {name: load_mode(name)(kit) for name in ("null", "epoll", "file")}
    found: dict[tuple[str, int], list[float]] = {(name, chunk): [] for name in modes for chunk in CHUNKS}
    keys = usual_keys()
    with SharedRing(RingChannel(size_bytes=RING, wakeup="none")) as shared:
        ring = Ring(shared.map_fd("events"), RING)
        for _ in range(BLOCKS):
            for name, chunk in random.sample(list(found), len(found)):
                shared.fill(keys, RECORDS)
                ring_runs.CHUNK_BYTES = chunk
                mode, reader = modes[name], ring_runs.RingRuns(ring, modes[name].take)
                os.lseek(output, 0, os.SEEK_SET)
                began = time.monotonic_ns()
                reader.consume()
                mode.flush()
                found[name, chunk].append((time.monotonic_ns() - began) / RECORDS)
    for (name, chunk), values in found.items():
        print(
            json.dumps(
                {
                    "mode": name,
                    "chunk_bytes": chunk,
                    "median_ns_per_event": round(statistics.median(values), 2),
                    "lowest": round(min(values), 2),
                    "highest": round(max(values), 2),
                    "blocks": BLOCKS,
                }
            )
        )


if __name__ == "__main__":
    main()
