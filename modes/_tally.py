"""Decode each event and count by reason and location: the work that busy, epoll and paced share."""

from __future__ import annotations

from collections import Counter

import numpy as np

from bpf.record import Samples
from modes._causes import Causes
from modes._decode import decoder
from modes._kit import Kit
from modes._mode import Mode


class Tally(Mode):
    """Counts events by (reason, location); `tally` is brought up to date by `flush`."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._decode = decoder(kit)
        self._causes = Causes()
        self._counts = np.zeros(1024, np.int64)
        self._counted: Counter[tuple[int, int]] = Counter()

    def take(self, samples: Samples) -> None:
        counts = np.bincount(self._causes.number(samples))
        if len(counts) > len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros(len(counts), np.int64)])
        self._counts[: len(counts)] += counts
        self.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        _timestamp, location, _pid, reason = self._decode(data)
        self._counted[reason, location] += 1
        self.consumed += 1
        return self.halt

    def flush(self) -> None:
        tally = Counter(self._counted)
        for number in np.flatnonzero(self._counts).tolist():
            location, _pid, reason = self._causes.known[number]
            tally[reason, location] += int(self._counts[number])
        self.tally = tally
