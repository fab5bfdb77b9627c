"""The advised ring holds in every trial and half of it does not, on machines made up to be kind and unkind."""

from __future__ import annotations

import dataclasses

import pytest

from results.capacity.advice import Advice, AdvicePlan, advise
from results.plan import Ask, Step
from results.trial import Trial
from tests.results.capacity.machine import null, trial


def plan(**changes: object) -> AdvicePlan:
    stall_s = changes.pop("stall_s", 0.2)
    setting = changes.pop("setting", null(intended_load=100_000.0, duration_s=1.0))
    return AdvicePlan(setting=dataclasses.replace(setting, stall_s=stall_s), **{"trials": 3} | changes)


def machine(held_up_s: float = 0.0, sends: float = 1e6) -> Ask:
    """Make a machine on which a stall lasts longer than was asked for, as far as the ring can tell."""

    def ask(step: Step) -> Trial:
        setting = step.setting
        made = trial(setting, takes=1e6, sends=sends)
        arrived = round(100_000 * (0.2 + held_up_s))
        lost = max(0, arrived - (setting.ring_size_bytes // 32 - 1))
        ledger = dataclasses.replace(
            made.ledger, submitted=made.ledger.offered - lost, reserve_failed=lost, consumed=made.ledger.offered - lost
        )
        return dataclasses.replace(made, ledger=ledger, metrics={"stall_s": 0.2})

    return ask


def outcome(advice: Advice) -> tuple[int, int, int]:
    assert advice.half is not None
    return advice.advised.size_bytes >> 10, advice.advised.held, advice.half.held


def test_what_was_computed_is_tried() -> None:
    """100,000/s for 200 ms are 625 KiB: 1 MiB holds, 512 KiB does not."""
    assert outcome(advise(plan(), machine())) == (1024, 3, 0)


def test_a_machine_that_holds_up_the_consumer_needs_more() -> None:
    """The advice goes by what was measured, and says that the computed size did not hold."""
    advice = advise(plan(), machine(held_up_s=0.3))
    assert outcome(advice) == (2048, 3, 0)
    assert "The computed size lost events" in advice.sentences()[-1]


def test_a_smaller_ring_that_holds_is_advised() -> None:
    """A stall that costs less than computed, as when the load comes in bursts, needs less."""
    assert outcome(advise(plan(), machine(held_up_s=-0.1))) == (512, 3, 0)


def test_a_paced_consumer_needs_room_for_its_pause_too() -> None:
    """It stops for an interval at any time, stall or not."""
    setting = null(intended_load=100_000.0, duration_s=1.0, wait="paced", interval_ns=200_000_000)
    assert plan(setting=setting).computed_bytes == 2 << 20


def test_larger_events_need_a_larger_ring() -> None:
    """Those of a user's own program; what a file says of them is read back, and of bench's own nothing is written."""
    assert (plan(record_bytes=64).computed_bytes, plan().computed_bytes) == (2 << 20, 1 << 20)
    for made in (plan(record_bytes=64), plan()):
        assert AdvicePlan.from_json(made.to_json()) == made
    assert "record_bytes" not in plan().to_json()["advice"]


def test_a_load_that_is_not_offered_gives_no_advice() -> None:
    """A weak generator would make every ring look large enough."""
    with pytest.raises(RuntimeError, match="not offered"):
        advise(plan(), machine(sends=50_000))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stall_s": 0.0}, "--stall"),
        ({"trials": 0}, "--trials"),
        ({"setting": null(intended_load=5e6, duration_s=1.0), "stall_s": 30.0}, "aggregate"),
        ({"setting": null(intended_load=1e5, duration_s=1.0, ring_size_bytes=None, mode="aggregate")}, "uses no ring"),
    ],
    ids=["no stall", "no trials", "more than the largest ring", "no ring"],
)
def test_what_cannot_be_advised_is_refused(changes: dict[str, object], said: str) -> None:
    """Before anything runs, with what to do instead."""
    with pytest.raises(ValueError, match=said):
        plan(**changes)


def test_the_sentences_hold_all_numbers() -> None:
    """What was asked, what holds, how it was computed, what half does."""
    said = " ".join(advise(plan(), machine()).sentences())
    for part in ("100k/s", "1 MiB", "200 ms", "3 of 3", "625 KiB", "512 KiB", "0 of 3"):
        assert part in said
