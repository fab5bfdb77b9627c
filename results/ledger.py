"""The ledger: every drop of a trial is accounted for, or the trial is invalid."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Counts of one trial; `None` is "could not be read", never zero.

    A black box is a consumer whose program counts nothing for us, be it a user's own or that of a foreign command: what
    was sent, and what it says itself, are all that is known of it.

    sent            frames handed to the kernel, those it refused (ENOBUFS) included
    refused         of these, the frames that an egress hook refused
    observed        runs of the program on drops that carry the tag; None: the program is a black box
    skipped         runs that the kernel skipped (bpf_prog_info.recursion_misses), anyone's drops
    drops_expected  drops that `sent` frames make, by the drop kind's contract; None: not known exactly
    submitted       records that entered the channel
    reserve_failed  drops for which the channel had no room
    overwritten     records that newer ones replaced before they were read; None: the channel overwrites none
    aggregated      drops counted in the aggregation map
    map_full        drops for which the aggregation map had no room
    consumed        events that the mode finished; None: it died and could not say
    admitted        events of which another's program says that it lost them; None: ours do not say, they are counted
    unread          records left in the channel, or counts in the map that were not taken
    checksum        sum of the timestamps (mod 2**64) of what was submitted, by the program; None where some of it was
                    overwritten
    checksum_read   the same over the samples that the reader read; None: it read no samples
    """

    sent: int | None = None
    refused: int | None = None
    observed: int | None
    skipped: int | None = None
    drops_expected: int | None = None
    submitted: int | None = None
    reserve_failed: int | None = None
    overwritten: int | None = None
    aggregated: int | None = None
    map_full: int | None = None
    consumed: int | None
    admitted: int | None = None
    unread: int | None
    checksum: int | None = None
    checksum_read: int | None = None

    @property
    def missed(self) -> int | None:
        """Drops that fired while the kernel skipped the program; None for kinds with no exact count."""
        if self.drops_expected is None or self.observed is None:
            return None
        return self.drops_expected - self.observed

    @property
    def offered(self) -> int | None:
        """Drops that reached the hook: `observed + missed`; None: a black box does not tell."""
        return self.observed if self.drops_expected is None else self.drops_expected

    @property
    def lost(self) -> int | None:
        """Drops that nobody could read: `missed + reserve_failed + map_full + overwritten`; None: as above.

        Of a black box, those offered that it did not consume, whether or not it admits it.
        """
        if self.observed is None:
            if self.drops_expected is None or self.consumed is None:
                return None
            return max(0, self.drops_expected - self.consumed)
        missed = 0 if self.drops_expected is None else self.drops_expected - self.observed
        return missed + (self.reserve_failed or 0) + (self.map_full or 0) + (self.overwritten or 0)

    @property
    def loss_ratio(self) -> float | None:
        """`lost / offered`; None when nothing was offered."""
        offered, lost = self.offered, self.lost
        return lost / offered if offered and lost is not None else None

    def imbalance(self) -> list[str]:
        """Say each equation that does not hold, with its numbers; an empty list is a balanced ledger."""
        wrong = [*self._unexplained_missed(), *self._unbalanced_channel()]
        if self.checksum_read is not None and not self.unread and self.checksum_read != self.checksum:
            wrong.append(f"checksum of the samples read {self.checksum_read} is not the program's {self.checksum}")
        return wrong

    def _unexplained_missed(self) -> Iterator[str]:
        if self.missed is None:
            if self.skipped:
                yield f"the kernel skipped {self.skipped} runs, and the drop kind has no exact count to find ours"
        elif self.missed < 0:
            yield f"observed {self.observed} is more than the {self.drops_expected} drops expected of {self.sent} sent"
        elif self.skipped is not None and self.missed > self.skipped:
            yield f"{self.missed} drops were not observed, but the kernel skipped only {self.skipped} runs"

    def _unbalanced_channel(self) -> Iterator[str]:
        """Follow what was observed through the channel of records, or through the aggregation map."""
        if self.observed is None:
            if self.consumed is None and self.drops_expected is None and self.sent is not None:
                yield "the consumer died before it could say what it consumed"
            return
        if self.submitted is not None:
            into, refused = "submitted", "reserve_failed"
        else:
            into, refused = "aggregated", "map_full"
        entered: int | None = getattr(self, into)
        turned_away: int | None = getattr(self, refused)
        if entered is None or turned_away is None:
            yield "neither the ring's nor the aggregation map's counters could be read"
            return
        if self.observed != entered + turned_away:
            yield f"observed {self.observed} is not {into} {entered} + {refused} {turned_away}"
        if self.consumed is None or self.unread is None:
            yield "the consumer died before it could say what it consumed"
        elif entered != self.consumed + (self.overwritten or 0) + self.unread:
            gone = "" if self.overwritten is None else f"overwritten {self.overwritten} + "
            yield f"{into} {entered} is not consumed {self.consumed} + {gone}unread {self.unread}"
