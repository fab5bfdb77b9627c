"""What a trial recorded that is not one number: used where it has the shape that it should have, else left out."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from results.file import TRIALS
from results.scorecard.percentiles import age_histogram, percentiles
from results.scorecard.rows import rows
from results.trial import Trial
from results.undecoded import Undecoded
from tests.results import made_up


def aged(steps: object, number: int = 1) -> Trial:
    return made_up.trial("file", number, pass_="latency", series={"age_histogram": steps})


def test_what_a_file_holds_is_decoded_when_it_is_asked_for() -> None:
    """Not before, and as often as it is: reading a hundred thousand trials to count them makes no histogram."""
    series = TRIALS.parse(b'{"type":"trial","series":{"age_histogram":[[10,1],[20,2]],"top_drops":[]}}')["series"]
    assert isinstance(series, Undecoded)
    assert dict(series) == series == {"age_histogram": [[10, 1], [20, 2]], "top_drops": []}
    assert series.get("timeline") is None
    assert age_histogram([replace(aged([]), series=series)] * 2) == {10: 2, 20: 4}


def test_histograms_are_added_up_step_by_step() -> None:
    """Exactly, beyond what a float holds; without trials there is nothing."""
    found = age_histogram([aged([[10, 1], [20, 2**53]]), aged([[5, 3], [20, 1]], 2)])
    assert found == {5: 3, 10: 1, 20: 2**53 + 1}
    assert age_histogram([]) == {}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["as bench writes it", "with blanks"])
@pytest.mark.parametrize("largest", [1, 2**31 - 1, 2**31, 2**62, 2**64 - 30], ids=hex)
def test_what_is_added_up_is_exact_however_it_is_written(separators: tuple[str, str], largest: int) -> None:
    """Ages that some trials share, out of order, twice in one, and at the edge of what a machine's number holds."""
    histograms = [
        [[10, 3], [20, largest], [largest + 30, 1]],
        [[20, largest], [10, 1], [20, 2]],
        [[-5 if largest > 2**31 else 5, 7], [40, 1]],
        [[2**63 + 5, 1]],
    ]
    expected = Counter[int]()
    for age, count in (step for histogram in histograms for step in histogram):
        expected[age] += count
    lines = [
        json.dumps({"type": "trial", "series": {"age_histogram": each}}, separators=separators).encode()
        for each in histograms
    ]
    read = [replace(aged([]), series=TRIALS.parse(line)["series"]) for line in lines]
    assert age_histogram(read) == expected


@pytest.mark.parametrize(
    "steps",
    [
        None,
        "12",
        5,
        [],
        [[10, 1, 2]],
        [[10, 1], [20]],
        [[10, 1.0]],
        [[10.5, 1]],
        [[10, True]],
        [["10", 1]],
        [[10, None]],
        [[10, 0]],
        [[10, 1], [20, -1]],
        {"10": 1},
        [[10, [1]]],
    ],
    ids=repr,
)
def test_what_counts_no_ages_is_left_out(steps: object) -> None:
    """A file may come from anyone: then no trial has a histogram, and percentiles are those of the metrics."""
    good = aged([[10, 1], [20, 1]], 2)
    written = {"type": "trial", "series": {"age_histogram": steps}}
    line = json.dumps(written, separators=(",", ":")).encode()  # as bench writes it
    read = replace(aged(steps), series=TRIALS.parse(line)["series"])
    for bad in (aged(steps), read):
        assert age_histogram([bad]) == age_histogram([good, bad]) == {}
    assert age_histogram([good, made_up.trial("file", 3, pass_="latency", series={})]) == {}
    (row,) = rows([good, aged(steps)])
    assert percentiles(row)[0][0] == 2
