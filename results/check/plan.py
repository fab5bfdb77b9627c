"""What a check is, as its session's plan holds it: enough to judge its trials again, on any machine."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from results.check.blocks import (
    IN_SEQUENCE,
    Block,
    Comparison,
    Order,
    blocks_of,
    coin,
    unusable,
    windows_ran_as,
)
from results.check.budget import settled, used_up
from results.check.gate import Gated, GatePlan
from results.check.verdict import Judgement, judge, wanted_blocks
from results.check.why import why_steps
from results.errors import BadInput
from results.plan import Ask, Step
from results.session import Session
from results.trial import Trial


class TooManyInvalid(Exception):
    """More blocks had an invalid trial than the plan allows for; the message names the last reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A gate and what it compares; `arm_a` and `arm_b` say in words where each arm comes from.

    `baseline_session` names the stored session whose trials are arm A, for a check that is not interleaved: its blocks
    are two stored trials and two new ones. It is the weaker kind, because the machine's state at the two times is part
    of the ratio, and no coin can take it out. `stored` are those trials: they are recorded as this session's own arm A,
    so that its file can be judged alone.

    `sampled` is what is run once more where something regressed, to say why (why.py); None: it is not asked for.
    """

    gate: GatePlan
    comparisons: tuple[Comparison, ...]
    arm_a: str
    arm_b: str
    baseline_session: str | None = None
    sampled: tuple[Comparison, ...] | None = None
    stored: Mapping[Comparison, Sequence[Trial]] = field(default_factory=dict, compare=False)

    @property
    def interleaved(self) -> bool:
        return self.baseline_session is None

    def order(self, seed: int, block: int) -> Order:
        return coin(seed, block) if self.interleaved else IN_SEQUENCE

    def blocks(self, seed: int, trials: Sequence[Trial]) -> tuple[Block, ...]:
        """Raises BadInput for trials that this check cannot have made."""
        blocks = blocks_of(self.comparisons, partial(self.order, seed), trials)
        for block in blocks:
            windows_ran_as(block, seed)
        return blocks

    def settled(self, blocks: Sequence[Block]) -> GatePlan:
        """Return the gate with the looks that these blocks leave to it; without a budget, those of the plan."""
        return settled(self.gate, self.comparisons, blocks)

    def wanted(self, blocks: Sequence[Block]) -> Collection[Gated]:
        """Say which metrics need more blocks; none, when the check is done."""
        if used_up(self.gate, self.comparisons, blocks):
            return ()
        return wanted_blocks(self.settled(blocks), blocks).keys()

    def judge(self, blocks: Sequence[Block]) -> tuple[Judgement, ...]:
        return judge(self.settled(blocks), blocks)

    @property
    def most_trials(self) -> int | None:
        """How many trials run if the last look is needed for everything; None: as many as the budget has room for."""
        if not self.gate.looks:
            return None
        made = [each.trials_a_block // (1 if self.interleaved else 2) for each in self.comparisons]
        return self.gate.looks[-1] * sum(made)

    def answer(self, ask: Ask, seed: int) -> tuple[Judgement, ...]:
        """Ask for blocks until the next planned look has enough, and judge, until all is decided.

        Raises TooManyInvalid.
        """
        trials: list[Trial] = []
        while wanted := self.wanted(self.blocks(seed, trials)):
            for comparison in self.comparisons:
                if any(comparison.measures(gated) for gated in wanted):
                    trials += self._ask_for_block(comparison, ask, seed, trials)
                    self._give_up_if_hopeless(comparison, seed, trials)
        judgements = self.judge(self.blocks(seed, trials))
        for step in why_steps(self.sampled or (), judgements, trials):
            ask(step)
        return judgements

    def _ask_for_block(self, comparison: Comparison, ask: Ask, seed: int, earlier: Sequence[Trial]) -> list[Trial]:
        """Ask for a block by the coin; the first trial that cannot be compared ends it: another will replace it.

        That is fair to both arms as long as what spoils a trial has nothing to do with its arm; the counts by arm are
        shown, so that a reader can see whether it had. A disturbed trial spoils nothing.
        """
        number = earlier[-1].block + 1 if earlier else 0
        own = [block for block in self.blocks(seed, earlier) if block.comparison == comparison]
        # The stored trials of a block that was set aside serve the next one.
        stored = iter(self.stored.get(comparison, ())[2 * sum(block.valid for block in own) :])
        order = self.order(seed, number)
        if comparison.windows is not None:
            second = Step(comparison.setting(order[1]), number, order[1])
            return [ask(Step(comparison.setting(order[0]), number, order[0], beside=second)), ask(second)]
        made: list[Trial] = []
        for arm in order[: comparison.trials_a_block]:
            made.append(ask(Step(comparison.setting(arm), number, arm, next(stored, None) if arm == "A" else None)))
            if unusable(made[-1]):
                break
        return made

    def _give_up_if_hopeless(self, comparison: Comparison, seed: int, trials: Sequence[Trial]) -> None:
        """End the check where invalid trials are more than chance; a load that was held up leaves it INCONCLUSIVE."""
        blocks = self.blocks(seed, trials)
        own = [block for block in blocks if block.comparison == comparison]
        invalid = [block.invalid_because for block in own if block.invalid_because]
        spare = self.settled(blocks).spare_blocks
        if len(invalid) > spare:
            by_arm = Counter(trial.arm for trial in trials if not trial.valid)
            raise TooManyInvalid(
                f"{len(invalid)} blocks of {comparison.mode} had an invalid trial, {spare} are "
                f"allowed for ({by_arm['A']} such trials of A, {by_arm['B']} of B); the last because {invalid[-1]}"
            )

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "gate": self.gate.to_json(),
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "arm_a": self.arm_a,
            "arm_b": self.arm_b,
            "baseline_session": self.baseline_session,
        }
        if self.sampled is not None:
            row["why"] = [comparison.to_json() for comparison in self.sampled]
        return {"check": row}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """Read a session's plan. Raises KeyError or TypeError for what is none."""
        row = plan["check"]
        return cls(
            gate=GatePlan.from_json(row["gate"]),
            comparisons=tuple(Comparison.from_json(each) for each in row["comparisons"]),
            arm_a=row["arm_a"],
            arm_b=row["arm_b"],
            baseline_session=row["baseline_session"],
            sampled=None if "why" not in row else tuple(map(Comparison.from_json, row["why"])),
        )


def check_of(session: Session) -> Check:
    """Return the check that a session was. Raises BadInput for a session of another command."""
    if "check" not in session.plan:
        raise BadInput(f"session {session.id} is no check; it was made by: {session.command}")
    try:
        return Check.from_json(session.plan)
    except (KeyError, TypeError) as error:
        raise BadInput(f"the plan of session {session.id} is damaged: {error!r}") from error


def judge_session(session: Session, trials: Sequence[Trial]) -> tuple[Judgement, ...]:
    """Compute the verdicts from the stored trials and the coin's seed alone."""
    check = check_of(session)
    return check.judge(check.blocks(session.seed, [trial for trial in trials if trial.session == session.id]))
