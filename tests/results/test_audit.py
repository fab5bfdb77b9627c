"""The five verdicts of an audit, and which of them is what was expected."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from harness.commands.audit import add_arguments, plan_of, status_of
from results.audit import UNTAGGED, AuditPlan, Expectation, account, verdicts
from results.errors import BadInput
from results.foreign import Foreign
from results.ledger import Ledger
from results.plan import replayed
from results.reports.audit import audit_document
from results.trial import Setting, Trial

SETTING = Setting(
    mode="exec:tool -x", reader=None, wait=None, traffic="unknown-ethertype", wakeup=None, foreign=Foreign(count="x"),
    shape="tail", sender="packet", duration_s=3,
)  # fmt: skip


def trial(
    reported: int | None,
    admitted: int | None,
    *,
    drops: int = 1000,
    untagged: int = 1000,
    load: float = 500,
    **how: object,
) -> Trial:
    return replace(
        Trial(
            session="s", number=0, block=0, started_at="", setting=replace(SETTING, intended_load=load),
            ledger=Ledger(
                sent=drops, observed=None, drops_expected=drops, consumed=reported, admitted=admitted, unread=None
            ),
            first_offered_ns=0, last_offered_ns=1, last_consumed_ns=1, witness={UNTAGGED: untagged},
        ),
        **how,
    )  # fmt: skip


CASES = [
    pytest.param(trial(1000, 0), "exact", 0, id="all of them"),
    pytest.param(trial(1000, None), "exact", 0, id="all, and it never tells a loss"),
    pytest.param(trial(1003, 0, untagged=1003), "exact", 0, id="some of others, that there were"),
    pytest.param(trial(900, 100), "admits its loss", 0, id="all that it lost"),
    pytest.param(trial(0, 1000), "admits its loss", 0, id="that it lost all"),
    pytest.param(trial(900, 102, untagged=1002), "admits its loss", 0, id="with others' losses"),
    pytest.param(trial(900, 99), "admits a part", 1, id="one less"),
    pytest.param(trial(900, 0), "silent", 100, id="nothing of it"),
    pytest.param(trial(0, None), "silent", 1000, id="it never tells"),
    pytest.param(trial(1001, 0), "counts what was not there", -1, id="one more"),
    pytest.param(trial(900, 102), "counts what was not there", -2, id="a greater loss than there was"),
    pytest.param(trial(1000, 1), "counts what was not there", -1, id="a loss that there was not"),
    pytest.param(trial(90000, -89000), "counts what was not there", -89000, id="more, and a loss below 0"),
    pytest.param(trial(900, -1), "silent", 100, id="a loss below 0"),
    pytest.param(trial(None, 7), None, None, id="it counts nothing"),
    pytest.param(trial(1000, 0, invalid_because=("died",)), None, None, id="invalid"),
]


@pytest.mark.parametrize(("made", "verdict", "untold"), CASES)
def test_a_verdict_follows_from_counts(made: Trial, verdict: str | None, untold: int | None) -> None:
    """Between those that were sent and those that anybody's observer counted."""
    found = account(made)
    assert verdicts([made]) == [verdict]
    assert (None if found is None else found.untold) == untold


def test_what_ours_count_as_lost_is_admitted() -> None:
    """They say so, event for event."""
    ledger = Ledger(
        sent=1000, observed=990, skipped=10, drops_expected=1000, submitted=900, reserve_failed=90, consumed=900,
        unread=0,
    )  # fmt: skip
    own = replace(trial(0, 0), setting=replace(SETTING, foreign=None, mode="null"), ledger=ledger)
    assert verdicts([own]) == ["admits its loss"]


def test_a_plan_is_read_back_and_answered_anew() -> None:
    """Load by load, each consumer in each, in rising order; a stranger's trial is refused."""
    other = replace(SETTING, mode="null", foreign=None)
    plan = AuditPlan(settings=(SETTING, other), loads=(100.0, 2000.0), trials=2)
    assert AuditPlan.from_json(plan.to_json()) == plan
    steps = list(plan.order(7))
    assert [setting.intended_load for _, setting in steps] == [100.0] * 4 + [2000.0] * 4
    assert [block for block, _ in steps] == [0, 0, 1, 1, 2, 2, 3, 3]
    made = [replace(trial(1, 1), number=n, block=b, setting=s) for n, (b, s) in enumerate(steps)]
    assert replayed(plan, 7, made) == tuple(made)
    with pytest.raises(EOFError):
        replayed(plan, 7, made[:-1])


def test_what_is_said_names_each_load_and_hides_no_trial() -> None:
    """The worst first in words, each trial in a line of its own, an invalid one with its reason."""
    document = audit_document(
        [
            trial(1000, 0),
            trial(900, 0, load=9000, number=1, limited_by="generator", metrics={"generator_unsent": 250}),
            trial(1000, 0, invalid_because=("it died",), number=2),
        ]
    )
    (said,) = document.headline
    assert "".join(said) == (
        "exec:tool -x: exact at 500/s; no verdict at 500/s; silent at 9k/s (not offered: 1,000 of 1,250 drops)."
    )
    table = document.parts[1]
    assert [[cell.text if cell else None for cell in line.cells] for line in table.lines] == [
        ["500", "1,000", "1,000", "0", "0", "exact"],
        ["500", "", "", "", "", "invalid"],
        ["9k", "1,000 of 1,250", "900", "0", "100", "silent"],
    ]
    assert any("it died" in "".join(part) for part in document.parts if isinstance(part, tuple))


@pytest.mark.parametrize(
    ("expected", "reported", "status"),
    [(None, 1000, 0), ("exact", 1000, 3), ("admits", 1000, 3), ("exact", 900, 1)],
)
def test_a_load_that_was_not_offered_has_not_been_passed(
    expected: Expectation | None, reported: int, status: int
) -> None:
    """Not even when it is the only one; what is worse counts all the same."""
    short = trial(reported, 0, limited_by="generator", metrics={"generator_unsent": 9000})
    assert status_of([trial(1000, 0), short], expected) == status
    document = audit_document([trial(1000, 0, load=100), short])
    assert "500/s (not offered: 1,000 of 10,000 drops)" in "".join(document.headline[0])
    assert "every load" not in "".join(document.headline[0])
    assert any("was not offered" in "".join(part) for part in document.parts if isinstance(part, tuple))


@pytest.mark.parametrize("duration", ["0.5", "1", "-3", "0"])
def test_a_load_that_is_only_its_slow_second_is_none(duration: str) -> None:
    """It is refused before anything is set up."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    asked = parser.parse_args(["--mode", "null", "--duration", duration], argparse.Namespace(given=set()))
    with pytest.raises(BadInput, match="--duration must be above"):
        plan_of(asked, {})
