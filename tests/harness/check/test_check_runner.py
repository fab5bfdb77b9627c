"""The blocks of a check on a machine that spoils trials: a made-up rig answers in place of the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.check.runner import CheckRun, TooManyInvalid
from harness.commands.parts.progress import ProgressLine
from results.check.blocks import Comparison
from results.check.gate import GatePlan, gated
from results.check.plan import Check, check_of
from results.check.verdict import Verdict, judge
from results.file import ResultWriter, read
from results.session import Session
from results.trial import Setting, Trial
from tests.results.check.blocks_made_up import SEED, setting, trial

CPU = "cpu_ns_per_event"
LOAD = setting("load", intended_load=1000.0, duration_s=1.0)
BLOCKS = 8


class Machine:
    """Answers each trial with the same cost; `spoil` says what happens to the trials, in their order."""

    def __init__(self, spoil: Iterator[dict[str, Any]]) -> None:
        self._spoil = spoil

    def run(self, of: Setting, *, number: int, block: int, arm: str, **_rest: object) -> Trial:
        return replace(trial(number, block, arm, of, metrics={CPU: 100.0}), **next(self._spoil, {}))


def going(folder: Path, spoil: list[dict[str, Any]], stored: list[Trial] | None = None) -> CheckRun:
    comparison = Comparison("epoll", LOAD, LOAD)
    check = Check(
        gate=GatePlan(alpha=0.05, looks=(BLOCKS,), gated=(gated("epoll", CPU),)),
        comparisons=(comparison,), arm_a="a", arm_b="b",
        baseline_session="before" if stored else None,
    )  # fmt: skip
    session = Session(
        id="s", started_at="2026-01-01T00:00:00+00:00", command="bench check", seed=SEED,
        plan={"check": check.to_json()}, host={},
    )  # fmt: skip
    writer = ResultWriter(folder / "r.jsonl")
    writer.session(session)
    return CheckRun(
        check=check, session=session, rig=Machine(iter(spoil)), writer=writer,  # type: ignore[arg-type] # made up
        progress=ProgressLine(1, None, quiet=True), trees={}, stored={comparison: stored or []},
    )  # fmt: skip


def verified(folder: Path) -> Verdict:
    """Judge again from the file alone."""
    held = read(folder / "r.jsonl")
    check = check_of(held.sessions[0])
    (judgement,) = judge(check.gate, check.blocks(SEED, held.trials))
    return judgement.verdict


def test_a_machine_that_is_never_quiet_gets_a_verdict(tmp_path: Path) -> None:
    """Disturbed trials are neither set aside nor repeated."""
    run = going(tmp_path, [{"disturbed_because": ("steal",)}] * 200)
    (judgement,) = run.run()
    assert judgement.verdict is Verdict.OK
    assert len(run.trials) == 4 * BLOCKS
    assert verified(tmp_path) is Verdict.OK


def test_a_load_that_is_always_held_up_ends_in_doubt(tmp_path: Path) -> None:
    """After the spare blocks it stops asking: INCONCLUSIVE with the reason, and verify says the same."""
    run = going(tmp_path, [{"limited_by": "generator"}] * 200)
    (judgement,) = run.run()
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "held up" in (judgement.because or "")
    assert len(run.trials) == run.check.gate.spare_blocks + 1
    assert verified(tmp_path) is Verdict.INCONCLUSIVE


def test_a_consumer_that_always_fails_ends_the_check(tmp_path: Path) -> None:
    """What the machine did not do is no doubt: the reason and how often it struck each arm."""
    run = going(tmp_path, [{"invalid_because": ("RuntimeError: out of paper",)}] * 200)
    with pytest.raises(TooManyInvalid, match="RuntimeError: out of paper"):
        run.run()


def test_stored_trials_outlast_blocks_that_are_set_aside(tmp_path: Path) -> None:
    """Exactly as many stored trials as the blocks need, and two new ones that fail: the stored ones serve again."""
    before = [trial(number, 0, None, LOAD, metrics={CPU: 100.0}) for number in range(2 * BLOCKS)]
    run = going(tmp_path, [{"limited_by": "generator"}, {}, {"invalid_because": ("it died",)}], before)
    (judgement,) = run.run()
    assert judgement.verdict is Verdict.OK
    assert judgement.blocks == BLOCKS
