"""Losses and pauses of the collector: counted over trials, held against chance, drawn on one axis."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest

from results.reports.document import Document
from results.reports.forms.terminal import Console, draw
from results.reports.pauses import pauses
from results.reports.run import run_document
from results.scorecard.pauses import in_pauses
from results.scorecard.rows import rows
from results.trial import Trial
from tests.results import made_up


def trial(number: int, lost: int, *, in_gc: int, bouts: int, bouts_in: int, offered: int = 50_000, **own: Any) -> Trial:
    made = made_up.trial("file", number=number, lost=lost, gc="on", **own)
    counted = {
        "gc_pauses_long": 4, "loss_in_gc": in_gc, "loss_inside_gc": in_gc // 2, "offered_in_gc": offered,
        "loss_bouts": bouts, "loss_bouts_in_gc": bouts_in, "looks_p50_s": 0.0052, "looks_max_s": 0.021,
        "gc_pause_max_s": 0.04,
    }  # fmt: skip
    series = {"losses": [[1.0, 1.005, lost]], "gc_pauses": [[0.98, 0.04, 2, 0.03]], "timeline": []}
    return dataclasses.replace(made, metrics={**made.metrics, **counted}, series=series)


def said(trials: list[Trial]) -> str:
    out = io.StringIO()
    draw(Document((), pauses(rows(trials))), Console(file=out, width=200, no_color=True))
    return " ".join(out.getvalue().split())


def test_counts_are_added_up_and_held_against_chance() -> None:
    """500,000 drops per trial, a tenth of them offered in pauses; 9 of 10 losses and all bouts lie there."""
    trials = [trial(n, 1000, in_gc=900, bouts=4, bouts_in=4) for n in range(5)]
    (row,) = rows(trials)
    counted = in_pauses(row)
    assert counted is not None
    assert (counted.lost, counted.in_pauses, counted.inside, counted.bouts) == (5000, 4500, 2250, 20)
    assert (counted.share, counted.by_chance) == (0.9, 0.1)
    assert counted.bounds is not None
    assert counted.bounds[0] == pytest.approx(0.8316, abs=0.0001)  # R: binom.test(20, 20)$conf.int
    text = said(trials)
    assert "90 % of the drops lost (45 % for certain) lie in pauses of the collector, and 10 % of those offered" in text
    assert "20 of 20 bouts of loss began in one (95 %: 83.2 % to 100 %): more than chance explains" in text
    assert "between two looks, 5.2 ms apart (at most 21 ms)" in text


def test_what_chance_explains_is_said_so() -> None:
    """One bout of ten in pauses, which hold a tenth of what was offered."""
    assert "not distinguishable from chance" in said([trial(1, 100, in_gc=10, bouts=10, bouts_in=1)])


def test_both_are_drawn_on_one_axis() -> None:
    """The block of the loss stands below the block of its pause: a second of five, in 48 columns."""
    out = io.StringIO()
    draw(
        Document((), pauses(rows([trial(1, 1000, in_gc=900, bouts=4, bouts_in=4)]))),
        Console(file=out, width=200, no_color=True),
    )
    lines = out.getvalue().splitlines()
    drawn = [line.split()[-1] for line in lines if "file: lost" in line or "collector paused" in line]
    blocks = [{place for place, block in enumerate(strip) if block != "·"} for strip in drawn]
    assert [len(strip) for strip in drawn] == [48, 48]
    assert blocks[0] == {9}
    assert blocks[0] <= blocks[1] <= {9, 10}


@pytest.mark.parametrize(
    "trials",
    [
        [made_up.trial("file", number=1, lost=1000)],
        [trial(1, 0, in_gc=0, bouts=0, bouts_in=0)],
        [dataclasses.replace(trial(1, 100, in_gc=10, bouts=1, bouts_in=1), invalid_because=("it died",))],
    ],
    ids=["a file of before", "nothing lost", "invalid"],
)
def test_nothing_is_said_where_there_is_nothing_to_say(trials: list[Trial]) -> None:
    """A run without a loss, or without the counts, has no such table."""
    assert pauses(rows(trials)) == ()
    assert "in pauses" not in str(run_document(trials))


@pytest.mark.parametrize(
    ("metrics", "series"),
    [
        ({"loss_bouts": 3, "loss_bouts_in_gc": 5}, {}),
        ({"loss_bouts": 2**63, "loss_bouts_in_gc": 2**62}, {}),
        ({"loss_bouts": -1, "loss_in_gc": -5}, {}),
        ({}, {"losses": [[-5.0, -4.0, 7], [0, 0, 1], ["a", 1, 2], 3], "gc_pauses": [[-1, 0.5], None, [2]]}),
        ({}, {"losses": [[1e18, 1.8e19, 1e18]], "gc_pauses": "none"}),
    ],
    ids=["more than all", "beyond counting", "negative", "before the beginning", "beyond the end"],
)
def test_what_a_strangers_file_says_breaks_nothing(metrics: dict[str, float], series: dict[str, Any]) -> None:
    """Counts that are no share of each other are left without an interval, moments that are none undrawn."""
    made = trial(1, 1000, in_gc=900, bouts=4, bouts_in=4)
    brief = dataclasses.replace(made.setting, duration_s=1e-9)
    odd = dataclasses.replace(
        made, setting=brief, metrics={**made.metrics, **metrics}, series={**made.series, **series}
    )
    assert said([odd])
