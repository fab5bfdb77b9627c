"""Counting by reason and location, in batches and one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np

from bpf.record import RECORD, SAMPLE_BYTES
from modes.epoll import Epoll
from modes.parts.mode import Kit


def test_a_batch_is_counted_as_its_events_would_be() -> None:
    """Both readers lead to the same tally, whatever process a drop was charged to."""
    random = np.random.default_rng(2)
    samples = np.zeros(30_000, RECORD)
    samples["location"] = random.integers(0, 40, len(samples))
    samples["reason"] = random.integers(0, 3, len(samples))
    samples["pid"] = random.integers(0, 3000, len(samples))
    batch, single = Epoll(Kit()), Epoll(Kit())
    for begin in range(0, len(samples), 7_000):
        batch.take(samples[begin : begin + 7_000])
    address = samples.ctypes.data
    for number in range(len(samples)):
        single.on_record(0, address + number * RECORD.itemsize + 8, SAMPLE_BYTES)
    batch.flush()
    single.flush()
    expected = Counter(zip(samples["reason"].tolist(), samples["location"].tolist(), strict=True))
    assert batch.tally == single.tally == expected
    assert batch.consumed == single.consumed == len(samples)
