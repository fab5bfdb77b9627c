"""What a check is, as its session's plan holds it: enough to judge its trials again, on any machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from results.check.blocks import IN_SEQUENCE, Block, Comparison, Order, blocks_of, coin
from results.check.gate import GatePlan
from results.check.verdict import Judgement, judge
from results.errors import BadInput
from results.session import Session
from results.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A gate and what it compares; `arm_a` and `arm_b` say in words where each arm comes from.

    `baseline_session` names the stored session whose trials are arm A, for a check that is not interleaved: its blocks
    are two stored trials and two new ones. It is the weaker kind, because the machine's state at the two times is part
    of the ratio, and no coin can take it out.
    """

    gate: GatePlan
    comparisons: tuple[Comparison, ...]
    arm_a: str
    arm_b: str
    baseline_session: str | None = None

    @property
    def interleaved(self) -> bool:
        return self.baseline_session is None

    def order(self, seed: int, block: int) -> Order:
        return coin(seed, block) if self.interleaved else IN_SEQUENCE

    def blocks(self, seed: int, trials: Sequence[Trial]) -> tuple[Block, ...]:
        """Raises BadInput for trials that this check cannot have made."""
        return blocks_of(self.comparisons, partial(self.order, seed), trials)

    def to_json(self) -> dict[str, object]:
        return {
            "gate": self.gate.to_json(),
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "arm_a": self.arm_a,
            "arm_b": self.arm_b,
            "baseline_session": self.baseline_session,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Check:
        return cls(
            gate=GatePlan.from_json(row["gate"]),
            comparisons=tuple(Comparison.from_json(each) for each in row["comparisons"]),
            arm_a=row["arm_a"],
            arm_b=row["arm_b"],
            baseline_session=row["baseline_session"],
        )


def check_of(session: Session) -> Check:
    """Return the check that a session was. Raises BadInput for a session of another command."""
    if "check" not in session.plan:
        raise BadInput(f"session {session.id} is no check; it was made by: {session.command}")
    try:
        return Check.from_json(session.plan["check"])
    except (KeyError, TypeError) as error:
        raise BadInput(f"the plan of session {session.id} is damaged: {error!r}") from error


def judge_session(session: Session, trials: Sequence[Trial]) -> tuple[Judgement, ...]:
    """Compute the verdicts from the stored trials and the coin's seed alone."""
    check = check_of(session)
    return judge(check.gate, check.blocks(session.seed, [trial for trial in trials if trial.session == session.id]))
