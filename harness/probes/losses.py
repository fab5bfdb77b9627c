"""When drops were lost, and how many of them in pauses of the collector, to the resolution of the looks from outside.

What was lost between two looks may have been lost at any moment from the beginning of the first to the end of the
second: a span. It lies in a pause, as far as can be told, where its span and the pause overlap; for certain where the
span lies inside the pause. Drops come one after another, and are lost together, so that they are no independent cases:
bouts of loss are, each of which lasts until the consumer has caught up.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from harness.probes.collector import MOST_LISTED
from harness.probes.reading import Reading
from harness.probes.timeline import PAUSE_NS, Sample

MOST_SPANS = 1000
"""Rows of the series; of a longer trial, neighbours are put together."""

_COUNTS = ("gc_pauses_long", "loss_in_gc", "loss_inside_gc", "offered_in_gc", "loss_bouts", "loss_bouts_in_gc")
_OVERWRITTEN = "what a channel has overwritten is found when the consumer looks for it, after the pause"
_TOO_MANY = f"only the first {MOST_LISTED:,} pauses of a trial are listed"
_FEW_LOOKS = "the trial was too short to be looked at twice"

Bools = npt.NDArray[np.bool_]


class Spans:
    """The time between each look and the next, with what was offered and lost in it."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.since = np.array([sample.since_ns for sample in samples[:-1]], np.int64)
        self.until = np.array([sample.at_ns for sample in samples[1:]], np.int64)
        self.lost = np.diff(np.array([sample.lost for sample in samples], np.int64))
        self.offered = np.diff(np.array([sample.offered for sample in samples], np.int64))
        self.unread = [sample.unread for sample in samples[1:]]

    def in_pauses(self, began: npt.NDArray[np.int64], ended: npt.NDArray[np.int64]) -> tuple[Bools, Bools]:
        """Tell which spans overlap a pause, and which lie inside one. Pauses come in order and never overlap."""
        if not len(began):
            none = np.zeros(len(self.since), np.bool_)
            return none, none
        # The first pause that was not over when the span began.
        which = np.searchsorted(ended, self.since, side="right")
        there = which < len(began)
        which = np.minimum(which, len(began) - 1)
        overlap = there & (began[which] < self.until)
        return overlap, there & (began[which] <= self.since) & (self.until <= ended[which])

    def bouts(self, capacity: int) -> Iterator[int]:
        """Yield the span in which each bout of loss began: it lasts until the channel is at most half full again.

        Where nothing waits to be read, a bout ends with the first span in which nothing was lost.
        """
        lasting = False
        for place, (lost, unread) in enumerate(zip(self.lost.tolist(), self.unread, strict=True)):
            if lost and not lasting:
                yield place
                lasting = True
            if (not lost) if unread is None else unread * 2 <= capacity:
                lasting = False

    def rows(self, began_ns: int) -> list[list[float]]:
        """Return (from, to, drops lost) for the spans in which any were, in seconds since the load began."""
        together = -(-len(self.lost) // MOST_SPANS)
        rows = []
        for first in range(0, len(self.lost), together):
            last = min(first + together, len(self.lost)) - 1
            if lost := int(self.lost[first : last + 1].sum()):
                moments = (self.since[first], self.until[last])
                rows.append([*(round((int(moment) - began_ns) / 1e9, 6) for moment in moments), lost])
        return rows


def losses_in_pauses(
    samples: Sequence[Sample], gc_pauses: Sequence[Sequence[int]], capacity: int, *, overwrites: bool
) -> Reading:
    """Count what was lost in pauses of PAUSE_NS and more, and what was offered meanwhile, as chance would have it.

    `gc_pauses` are rows that begin with (began, CLOCK_MONOTONIC ns; length, ns).
    """
    cannot = (
        _OVERWRITTEN if overwrites
        else _FEW_LOOKS if len(samples) < 2
        else _TOO_MANY if len(gc_pauses) >= MOST_LISTED
        else None
    )  # fmt: skip
    if cannot is not None:
        return Reading(absent=dict.fromkeys(_COUNTS, cannot))
    spans = Spans(samples)
    long = np.array([(began, began + length) for began, length, *_ in gc_pauses if length >= PAUSE_NS], np.int64)
    long = long.reshape(-1, 2)
    overlap, inside = spans.in_pauses(long[:, 0], long[:, 1])
    bouts = list(spans.bouts(capacity))
    metrics: dict[str, float] = {
        "gc_pauses_long": len(long),
        "loss_in_gc": int(spans.lost[overlap].sum()),
        "loss_inside_gc": int(spans.lost[inside].sum()),
        "offered_in_gc": int(spans.offered[overlap].sum()),
        "loss_bouts": len(bouts),
        "loss_bouts_in_gc": int(overlap[bouts].sum()),
    }
    if len(apart := (spans.until - spans.since)[spans.offered > 0] / 1e9):
        metrics |= {"looks_p50_s": float(np.median(apart)), "looks_max_s": float(apart.max())}
    return Reading(metrics=metrics)
