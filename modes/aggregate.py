"""Read snapshots of counts by (pid, reason, location) that the program keeps: the kernel does the work."""

from bpf.readers.snapshot import Counts, Keys
from modes.parts.mode import Kit, Mode


class Aggregate(Mode):
    waits = ("interval",)

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.latest: tuple[Keys, Counts] | None = None

    def snapshot(self, keys: Keys, counts: Counts) -> None:
        # Counts run from the start, so the latest snapshot holds all: nothing is added up.
        self.latest = keys, counts
        self.consumed = int(counts.sum())

    def flush(self) -> None:
        if self.latest is None:
            return
        self.tally = {}
        keys, counts = self.latest
        for location, reason, count in zip(
            keys["location"].tolist(), keys["reason"].tolist(), counts.tolist(), strict=True
        ):
            self.tally[reason, location] = self.tally.get((reason, location), 0) + count
