"""The ledger's equations: each one, broken by one event, is named."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from results.ledger import Ledger

RING = Ledger(
    sent=100,
    refused=0,
    observed=98,
    skipped=5,
    drops_expected=100,
    submitted=90,
    reserve_failed=8,
    consumed=87,
    unread=3,
    checksum=12,
)
OVERWRITING = Ledger(observed=98, skipped=0, submitted=98, reserve_failed=0, overwritten=8, consumed=87, unread=3)
MAP = Ledger(observed=50, skipped=0, aggregated=48, map_full=2, consumed=48, unread=0)


def with_changes(ledger: Ledger, **changes: Any) -> Ledger:
    return dataclasses.replace(ledger, **changes)


@pytest.mark.parametrize("ledger", [RING, OVERWRITING, MAP], ids=["ring", "log that overwrites", "map"])
def test_balances(ledger: Ledger) -> None:
    """A ledger in which every event is accounted for has nothing to say."""
    assert ledger.imbalance() == []


def test_derives_what_was_lost() -> None:
    """Lost are the missed and those without room in ring or map; offered counts them all."""
    assert (RING.missed, RING.offered, RING.lost) == (2, 100, 10)
    assert RING.loss_ratio == 0.1
    assert (OVERWRITING.lost, OVERWRITING.loss_ratio) == (8, 8 / 98)
    assert (MAP.missed, MAP.offered, MAP.lost) == (None, 50, 2)


def test_a_black_box_knows_what_was_sent_and_consumed_only() -> None:
    """All else is not known, never 0; and nothing can be out of balance but a consumer that died."""
    ledger = Ledger(sent=100, refused=0, observed=None, consumed=90, unread=0)
    assert (ledger.missed, ledger.offered, ledger.lost, ledger.loss_ratio) == (None, None, None, None)
    assert ledger.imbalance() == []
    (said,) = with_changes(ledger, consumed=None).imbalance()
    assert "died" in said


@pytest.mark.parametrize(
    ("consumed", "admitted", "lost"),
    [(90, 10, 10), (90, None, 10), (100, 0, 0), (103, 0, 0), (0, 100, 100), (None, None, None), (None, 7, None)],
)
def test_of_a_foreign_command_what_was_offered_and_not_consumed_is_lost(
    consumed: int | None, admitted: int | None, lost: int | None
) -> None:
    """Admitted or not; what it reports beyond is others' drops or its own affair, and what it counts not is unknown."""
    ledger = Ledger(
        sent=100, refused=0, drops_expected=100, observed=None, consumed=consumed, admitted=admitted, unread=None
    )
    assert (ledger.missed, ledger.offered, ledger.lost) == (None, 100, lost)
    assert ledger.imbalance() == []


def test_has_no_loss_ratio_without_an_offer() -> None:
    """Nothing offered, nothing to divide by."""
    assert Ledger(observed=0, submitted=0, reserve_failed=0, consumed=0, unread=0).loss_ratio is None


@pytest.mark.parametrize(
    ("ledger", "names"),
    [
        pytest.param(with_changes(RING, observed=99), "reserve_failed", id="one more observed than reached the ring"),
        pytest.param(with_changes(RING, consumed=86), "unread", id="one submitted that nobody consumed"),
        pytest.param(with_changes(OVERWRITING, overwritten=7), "overwritten 7", id="one that was never overwritten"),
        pytest.param(with_changes(RING, consumed=88), "unread", id="one consumed twice"),
        pytest.param(with_changes(RING, skipped=1), "skipped only 1", id="more missed than the kernel skipped"),
        pytest.param(
            with_changes(RING, observed=101, submitted=93, consumed=90),
            "more than the 100",
            id="more drops than frames",
        ),
        pytest.param(
            with_changes(RING, drops_expected=None), "no exact count", id="skipped, and no count to check with"
        ),
        pytest.param(
            with_changes(RING, unread=0, consumed=90, checksum_read=13), "checksum", id="another checksum read"
        ),
        pytest.param(with_changes(RING, consumed=None, unread=None), "died", id="the consumer could not say"),
        pytest.param(with_changes(MAP, aggregated=47, consumed=47), "map_full", id="one neither counted nor refused"),
        pytest.param(with_changes(MAP, consumed=47), "aggregated 48", id="one counted that no snapshot holds"),
        pytest.param(with_changes(MAP, aggregated=None), "could be read", id="no counters at all"),
    ],
)
def test_names_the_equation_that_fails(ledger: Ledger, names: str) -> None:
    """Each imbalance is said once, with its numbers."""
    (said,) = ledger.imbalance()
    assert names in said


def test_a_checksum_is_not_compared_while_records_are_unread() -> None:
    """The program's checksum covers what the reader has not seen yet."""
    assert with_changes(RING, checksum_read=1).imbalance() == []
