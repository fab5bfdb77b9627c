"""What is said of a capacity, for each way in which a search can end."""

from __future__ import annotations

import dataclasses

import pytest

from results.capacity.bounds import Bounds
from results.capacity.plan import survey
from results.reports.capacity import capacity_document, say_limit, statements
from results.reports.document import Table
from results.reports.forms.terminal import Console, draw
from results.scorecard.labels import name_of
from tests.results.capacity.machine import Machine, null, plan

SHARP = Bounds(lower=300_000, upper=312_000, at_least=False)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ([SHARP], "300k/s (not 312k/s)"),
        ([SHARP, dataclasses.replace(SHARP, lower=280_000)], "290k/s ±3% (2 searches, not 312k/s)"),
        ([dataclasses.replace(SHARP, at_least=True)], "at least 300k/s"),
        ([Bounds(lower=50_000, upper=None, at_least=True)], "at least 50k/s"),
        ([Bounds(lower=None, upper=1000, at_least=False)], "below 1k/s"),
        ([], "not searched"),
    ],
    ids=["found", "found twice", "weak generator", "beyond the highest load", "below the lowest", "not searched"],
)
def test_a_limit_in_words(bounds: list[Bounds], said: str) -> None:
    """Each ending of a search is said as it is."""
    assert say_limit(bounds) == said


def test_a_weak_generator_is_named() -> None:
    """The reader must not take it for the consumer's limit."""
    (capacity,) = survey(plan(), Machine(5e6, sends=250_000).ask)
    assert "the generator, not the consumer, set this limit" in statements(capacity, name_of(capacity.setting))[1]


def test_the_highest_load_that_was_tried_is_no_ones_limit() -> None:
    """Neither the consumer nor the generator failed: the search ended where it was told to."""
    (capacity,) = survey(plan(most=5_000.0), Machine(200_000).ask)
    assert "the highest load that was tried passed" in statements(capacity, name_of(capacity.setting))[1]


def test_a_check_that_ends_against_the_search_says_so() -> None:
    """A machine that changed its mind is not smoothed over."""
    machine = Machine(200_000)

    def slower_later(question: object) -> object:
        machine.takes = 100_000 if question.purpose == "check" else 200_000
        return machine.ask(question)

    (capacity,) = survey(plan(), slower_later)
    assert any(
        "0.9 × PDR" in said and said.endswith("against what the search found")
        for said in statements(capacity, name_of(capacity.setting))
    )


def test_a_check_that_was_not_offered_is_no_verdict() -> None:
    """A generator that grew weak after the search says nothing of the consumer."""
    machine = Machine(200_000)

    def weaker_later(question: object) -> object:
        machine.sends = 50_000 if question.purpose == "check" else 2e6
        return machine.ask(question)

    (capacity,) = survey(plan(), weaker_later)
    assert [check.holds for check in capacity.checks] == [None, None]
    assert not any("against" in said for said in statements(capacity, name_of(capacity.setting)))
    assert any("1 were not offered" in said for said in statements(capacity, name_of(capacity.setting)))


def test_no_result_has_a_reason() -> None:
    """Where a number would stand."""
    (capacity,) = survey(plan(), Machine(200_000, invalid=3).ask)
    assert statements(capacity, name_of(capacity.setting)) == [
        "null callback epoll: no result: 3 trials in a row were invalid: the consumer died"
    ]


def test_the_usual_is_not_named() -> None:
    """Only what differs from the defaults makes a name longer."""
    assert name_of(null()) == "null callback epoll"
    assert name_of(null(ring_size_bytes=4 << 20, traffic="synthetic")) == "null callback epoll 4 MiB synthetic"


def test_the_curve_reaches_past_the_knee() -> None:
    """Loads from a quarter of the PDR to one and a half, losses beyond it."""
    (capacity,) = survey(plan(), Machine(200_000).ask)
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - closed with the test
    draw(capacity_document([capacity]), console)
    text = console.export_text()
    assert "deferred" in text
    assert capacity.curve[-1].timed.ledger.lost > 0


def test_a_curve_marks_what_a_noisy_machine_took() -> None:
    """What was consumed per second and the CPU's share, in its line alone; what was offered and lost is exact."""
    machine = Machine(200_000)
    (capacity,) = survey(plan(curve=True), machine.ask)
    first, *rest = capacity.curve
    noisy = dataclasses.replace(first.timed, disturbed_because=("steal",))
    capacity = dataclasses.replace(capacity, curve=(dataclasses.replace(first, timed=noisy), *rest))
    (curve,) = [part for part in capacity_document([capacity], [noisy]).parts if isinstance(part, Table)][1:]
    marked = [[cell.text.startswith("~") for cell in line.cells if cell] for line in curve.lines]
    assert marked[0] == [False, True, False, False, False, True]
    assert not any(map(any, marked[1:]))
