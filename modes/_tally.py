"""Decode each event and count by reason and location: the work that busy, epoll and paced share."""

from __future__ import annotations

import numpy as np

from bpf.record import Samples
from modes._decode import decoder
from modes._kit import Kit
from modes._mode import Mode


class Tally(Mode):
    """Counts events by (reason, location) in `tally`."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._decode = decoder(kit)

    def take(self, samples: Samples) -> None:
        locations, reasons = samples["location"], samples["reason"]
        # Drops come in runs of one cause: then two comparisons do the work of a sort.
        if (locations == locations[0]).all() and (reasons == reasons[0]).all():
            self._add(int(reasons[0]), int(locations[0]), len(samples))
        else:
            pairs, counts = np.unique(samples[["reason", "location"]], return_counts=True)
            for (reason, location), count in zip(pairs.tolist(), counts.tolist(), strict=True):
                self._add(reason, location, count)
        self.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        _timestamp, location, _pid, reason = self._decode(data)
        self._add(reason, location, 1)
        self.consumed += 1
        return self.halt

    def _add(self, reason: int, location: int, count: int) -> None:
        key = (reason, location)
        self.tally[key] = self.tally.get(key, 0) + count
