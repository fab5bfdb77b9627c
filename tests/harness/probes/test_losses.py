"""Losses set beside the collector's pauses, to the resolution of the looks."""

from __future__ import annotations

import pytest

from harness.probes.collector import MOST_LISTED
from harness.probes.losses import MOST_SPANS, Spans, losses_in_pauses
from harness.probes.timeline import Sample

MS = 1_000_000
CAPACITY = 100


def looks(
    lost: dict[int, int], until_ms: int = 1000, unread: dict[int, int] | None = None, **more: int
) -> list[Sample]:
    """Look every 5 ms, 10 drops offered in between; by then so many more were lost, and so many are unread."""
    made = []
    for at in range(0, until_ms + 1, 5):
        so_far = sum(number for moment, number in lost.items() if moment <= at)
        waiting = 0 if unread is None else unread.get(at, 0)
        since = at * MS - more.get("late_ns", 0)
        made.append(Sample(since, at * MS, at * 2, so_far, None if more.get("map") else waiting, 0, 0, 0))
    return made


def found(samples: list[Sample], pauses: list[tuple[int, int]]) -> dict[str, float]:
    rows = [(began * MS, length * MS, 2, 0) for began, length in pauses]
    return dict(losses_in_pauses(samples, rows, CAPACITY, overwrites=False).metrics)


def test_a_loss_lies_in_a_pause_where_its_looks_and_the_pause_overlap() -> None:
    """From 102 to 124 ms: what the looks at 110, 115 and 120 find is inside for certain, at 105 and 125 it may be."""
    told = found(looks({105: 1, 110: 10, 120: 100, 125: 1000, 130: 7, 400: 9}), [(102, 22)])
    assert (told["loss_in_gc"], told["loss_inside_gc"]) == (1111, 110)
    assert told["offered_in_gc"] == 5 * 10
    assert told["gc_pauses_long"] == 1


def test_a_look_that_took_long_may_have_seen_an_earlier_moment() -> None:
    """Looks that took 7 ms: what one counts was lost before its end, and after the beginning of the one before."""
    samples = looks({105: 5}, late_ns=7 * MS)
    assert found(samples, [(94, 1)])["loss_in_gc"] == 5
    assert found(looks({105: 5}), [(94, 1)])["loss_in_gc"] == 0


@pytest.mark.parametrize("pauses", [[], [(50, 0)], [(2000, 5)]], ids=["none", "too short", "after the end"])
def test_without_a_pause_no_loss_lies_in_one(pauses: list[tuple[int, int]]) -> None:
    """All counts are there, and 0."""
    told = found(looks({100: 5}), pauses)
    assert (told["loss_in_gc"], told["offered_in_gc"], told["loss_bouts"], told["loss_bouts_in_gc"]) == (0, 0, 1, 0)


def test_a_bout_lasts_until_the_channel_is_half_empty() -> None:
    """A pause fills the ring; what is lost while the backlog shrinks belongs to the bout that the pause began."""
    full = dict.fromkeys(range(105, 160, 5), 90) | {160: 50}
    lost = {105: 4, 140: 4, 155: 4, 300: 1}
    told = found(looks(lost, unread=full), [(98, 5)])
    assert (told["loss_bouts"], told["loss_bouts_in_gc"]) == (2, 1)
    assert told["loss_in_gc"] == 4


def test_where_nothing_waits_a_bout_ends_with_the_loss() -> None:
    """An aggregation map has no backlog: the next span without a loss ends the bout."""
    told = found(looks({100: 1, 105: 1, 200: 1}, map=1), [])
    assert told["loss_bouts"] == 2


def test_chance_is_the_share_of_what_was_offered_meanwhile() -> None:
    """Pauses for a tenth of the time overlap a little more than a tenth of the drops: looks are 5 ms apart."""
    told = found(looks({}, until_ms=1000), [(at, 50) for at in (101, 601)])
    assert told["offered_in_gc"] == 2 * 11 * 10


@pytest.mark.parametrize(
    ("samples", "pauses", "overwrites", "says"),
    [
        (looks({5: 1}), [], True, "overwritten"),
        (looks({}, until_ms=0), [], False, "too short"),
        (looks({5: 1}), [(1, 1, 0, 0)] * MOST_LISTED, False, "only the first"),
    ],
    ids=["a log that overwrites", "one look", "too many pauses"],
)
def test_what_cannot_be_told_is_absent(
    samples: list[Sample], pauses: list[tuple[int, ...]], overwrites: bool, says: str
) -> None:
    """With the reason, and no 0 in its place."""
    told = losses_in_pauses(samples, pauses, CAPACITY, overwrites=overwrites)
    assert not told.metrics
    assert all(says in reason for reason in told.absent.values())


def test_the_series_has_the_spans_with_a_loss() -> None:
    """In seconds since the load began; a long trial's neighbours are put together, and nothing is lost of the sum."""
    assert Spans(looks({100: 3, 300: 4})).rows(50 * MS) == [[0.045, 0.05, 3], [0.245, 0.25, 4]]
    lost = dict.fromkeys(range(5, 20_001, 5), 2)
    rows = Spans(looks(lost, until_ms=20_000)).rows(0)
    assert len(rows) <= MOST_SPANS
    assert sum(row[2] for row in rows) == 2 * len(lost)
