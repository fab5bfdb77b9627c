"""The ledger: every drop of a trial is accounted for, or the trial is invalid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Counts of one trial; `None` is "could not be read", never zero.

    sent            frames handed to the kernel, those it refused (ENOBUFS) included
    refused         of these, the frames that an egress hook refused
    observed        runs of the program on drops that carry the tag
    skipped         runs that the kernel skipped (bpf_prog_info.recursion_misses), anyone's drops
    drops_expected  drops that `sent` frames make, by the drop kind's contract; None: not known exactly
    submitted       records that entered the ring
    reserve_failed  drops for which the ring had no room
    aggregated      drops counted in the aggregation map
    map_full        drops for which the aggregation map had no room
    consumed        events that the mode finished
    unread          records left in the ring, or counts in the map that were not taken
    checksum        sum of the timestamps (mod 2**64) of what was submitted, by the program
    checksum_read   the same over the samples that the reader read; None: it read no samples
    """

    sent: int | None = None
    refused: int | None = None
    observed: int
    skipped: int | None = None
    drops_expected: int | None = None
    submitted: int | None = None
    reserve_failed: int | None = None
    aggregated: int | None = None
    map_full: int | None = None
    consumed: int
    unread: int
    checksum: int | None = None
    checksum_read: int | None = None

    @property
    def missed(self) -> int | None:
        """Drops that fired while the kernel skipped the program; None for kinds with no exact count."""
        return None if self.drops_expected is None else self.drops_expected - self.observed

    @property
    def offered(self) -> int:
        """Drops that reached the hook."""
        return self.observed + (self.missed or 0)

    @property
    def lost(self) -> int:
        """Drops that never became readable: `missed + reserve_failed + map_full`."""
        return (self.missed or 0) + (self.reserve_failed or 0) + (self.map_full or 0)

    @property
    def loss_ratio(self) -> float | None:
        """`lost / offered`; None when nothing was offered."""
        return self.lost / self.offered if self.offered else None

    def imbalance(self) -> list[str]:
        """Say each equation that does not hold, with its numbers; an empty list is a balanced ledger."""
        wrong = []
        if self.missed is None:
            if self.skipped:
                wrong.append(
                    f"the kernel skipped {self.skipped} runs, and the drop kind has no exact count to find ours"
                )
        elif self.missed < 0:
            wrong.append(
                f"observed {self.observed} is more than the {self.drops_expected} drops expected of {self.sent} sent"
            )
        elif self.skipped is not None and self.missed > self.skipped:
            wrong.append(f"{self.missed} drops were not observed, but the kernel skipped only {self.skipped} runs")
        if self.submitted is not None and self.reserve_failed is not None:
            if self.observed != self.submitted + self.reserve_failed:
                wrong.append(
                    f"observed {self.observed} is not submitted {self.submitted} + reserve_failed {self.reserve_failed}"
                )
            if self.submitted != self.consumed + self.unread:
                wrong.append(f"submitted {self.submitted} is not consumed {self.consumed} + unread {self.unread}")
        elif self.aggregated is not None and self.map_full is not None:
            if self.observed != self.aggregated + self.map_full:
                wrong.append(f"observed {self.observed} is not aggregated {self.aggregated} + map_full {self.map_full}")
            if self.aggregated != self.consumed + self.unread:
                wrong.append(f"aggregated {self.aggregated} is not consumed {self.consumed} + unread {self.unread}")
        else:
            wrong.append("neither the ring's nor the aggregation map's counters could be read")
        if self.checksum_read is not None and not self.unread and self.checksum_read != self.checksum:
            wrong.append(f"checksum of the samples read {self.checksum_read} is not the program's {self.checksum}")
        return wrong
