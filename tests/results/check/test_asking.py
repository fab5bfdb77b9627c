"""The blocks that a check asks for on a machine that spoils trials: a made-up one answers in place of the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from results.check.blocks import Comparison
from results.check.gate import GatePlan, gated
from results.check.plan import Check, TooManyInvalid
from results.check.verdict import Judgement, Verdict, judge
from results.plan import Step, replay
from results.trial import Trial
from tests.results.check.blocks_made_up import SEED, setting, trial

CPU = "cpu_ns_per_event"
LOAD = setting("load", intended_load=1000.0, duration_s=1.0)
BLOCKS = 8
COMPARISON = Comparison("epoll", LOAD, LOAD)


class Machine:
    """Answers each trial with the same cost; `spoil` says what happens to the new ones, in their order."""

    def __init__(self, spoil: list[dict[str, Any]]) -> None:
        self._spoil: Iterator[dict[str, Any]] = iter(spoil)
        self.trials: list[Trial] = []

    def ask(self, step: Step) -> Trial:
        number = len(self.trials)
        if step.stored is None:
            made = trial(number, step.block, step.arm, step.setting, metrics={CPU: 100.0})
            made = replace(made, **next(self._spoil, {}))
        else:
            made = replace(step.stored, session="s", number=number, block=step.block, arm=step.arm)
        self.trials.append(made)
        return made


def check(stored: list[Trial] | None = None) -> Check:
    return Check(
        gate=GatePlan(alpha=0.05, looks=(BLOCKS,), gated=(gated("epoll", CPU),)),
        comparisons=(COMPARISON,), arm_a="a", arm_b="b", baseline_session="before" if stored else None,
        stored={COMPARISON: stored or []},
    )  # fmt: skip


def answered(wanted: Check, machine: Machine) -> Judgement:
    """Carry a check out, then judge and replay it from what a file holds of it: all three must agree."""
    (judgement,) = wanted.answer(machine.ask, SEED)
    kept = Check.from_json(wanted.to_json())
    assert judge(kept.gate, kept.blocks(SEED, machine.trials)) == (judgement,)
    assert kept.answer(replay(machine.trials), SEED) == (judgement,)
    return judgement


def test_a_machine_that_is_never_quiet_gets_a_verdict() -> None:
    """Disturbed trials are neither set aside nor repeated."""
    machine = Machine([{"disturbed_because": ("steal",)}] * 200)
    assert answered(check(), machine).verdict is Verdict.OK
    assert len(machine.trials) == 4 * BLOCKS


def test_a_load_that_is_always_held_up_ends_in_doubt() -> None:
    """After the spare blocks it stops asking: INCONCLUSIVE with the reason, and the replay says the same."""
    machine = Machine([{"limited_by": "generator"}] * 200)
    judgement = answered(check(), machine)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "held up" in (judgement.because or "")
    assert len(machine.trials) == check().gate.spare_blocks + 1


def test_a_consumer_that_always_fails_ends_the_check() -> None:
    """What the machine did not do is no doubt: the reason and how often it struck each arm."""
    machine = Machine([{"invalid_because": ("RuntimeError: out of paper",)}] * 200)
    with pytest.raises(TooManyInvalid, match="RuntimeError: out of paper"):
        check().answer(machine.ask, SEED)
    with pytest.raises(TooManyInvalid, match="RuntimeError: out of paper"):
        check().answer(replay(machine.trials), SEED)


def test_stored_trials_outlast_blocks_that_are_set_aside() -> None:
    """Exactly as many stored trials as the blocks need, and two new ones that fail: the stored ones serve again."""
    before = [trial(number, 0, None, LOAD, metrics={CPU: 100.0}) for number in range(2 * BLOCKS)]
    machine = Machine([{"limited_by": "generator"}, {}, {"invalid_because": ("it died",)}])
    judgement = answered(check(before), machine)
    assert judgement.verdict is Verdict.OK
    assert judgement.blocks == BLOCKS
