"""Run the blocks of a check until the next planned look has enough, and judge, until all is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.commands.parts.progress import ProgressLine
from harness.rig import Rig
from harness.trial import Tree
from results.check.blocks import Arm, Block, Comparison, unusable
from results.check.plan import Check
from results.check.verdict import Judgement, judge, wanted_blocks
from results.file import ResultWriter
from results.session import Session
from results.trial import Trial

Trees = Mapping[tuple[str, Arm], Tree | None]


class TooManyInvalid(Exception):
    """More blocks had an invalid trial than the plan allows for; the message names the last reason."""


@dataclass(slots=True)
class CheckRun:
    """A check in progress. `trees` says, by mode and arm, where consumer processes come from.

    `stored` are the baseline's blocks-to-be, two trials each, for a check that is not interleaved; they are taken in
    order, and recorded as this session's own arm A, so that its file can be judged alone.
    """

    check: Check
    session: Session
    rig: Rig
    writer: ResultWriter
    progress: ProgressLine
    trees: Trees
    stored: Mapping[Comparison, list[Trial]] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)

    def run(self) -> tuple[Judgement, ...]:
        """Raises TooManyInvalid; what has run is kept either way."""
        while wanted := wanted_blocks(self.check.gate, self.blocks):
            for comparison in self.check.comparisons:
                if any(comparison.measures(gated) for gated in wanted):
                    self._run_block(comparison)
        return judge(self.check.gate, self.blocks)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.check.blocks(self.session.seed, self.trials)

    def _run_block(self, comparison: Comparison) -> None:
        """Run four trials by the coin; the first that cannot be compared ends the block, which another will replace.

        That is fair to both arms as long as what spoils a trial has nothing to do with its arm; the counts by arm are
        shown, so that a reader can see whether it had. A disturbed trial spoils nothing.
        """
        number = max((trial.block for trial in self.trials), default=-1) + 1
        taken = [] if self.check.interleaved else self.stored[comparison][:2]
        for arm in self.check.order(self.session.seed, number):
            trial = self._stored(comparison, number) if self._is_stored(arm) else self._run(comparison, number, arm)
            self.writer.trial(trial)
            self.trials.append(trial)
            if unusable(trial):
                if not self.check.interleaved:  # the stored trials of a block that is set aside serve the next one
                    self.stored[comparison][:0] = taken
                self._give_up_if_hopeless(comparison)
                return

    def _run(self, comparison: Comparison, block: int, arm: Arm) -> Trial:
        setting = comparison.setting(arm)
        number = len(self.trials)
        self.progress.begin(number, setting)
        trial = self.rig.run(
            setting,
            number=number,
            block=block,
            arm=arm,
            tree=self.trees.get((comparison.mode, arm)),
            on_progress=self.progress.update,
        )
        self.progress.end(trial)
        return trial

    def _is_stored(self, arm: Arm) -> bool:
        return arm == "A" and not self.check.interleaved

    def _stored(self, comparison: Comparison, block: int) -> Trial:
        trial = self.stored[comparison].pop(0)
        return replace(trial, session=self.session.id, number=len(self.trials), block=block, arm="A")

    def _give_up_if_hopeless(self, comparison: Comparison) -> None:
        """End the check where invalid trials are more than chance; a load that was held up leaves it INCONCLUSIVE."""
        invalid = [block for block in self.blocks if block.comparison == comparison and block.invalid_because]
        if len(invalid) > self.check.gate.spare_blocks:
            by_arm = Counter(trial.arm for trial in self.trials if not trial.valid)
            raise TooManyInvalid(
                f"{len(invalid)} blocks of {comparison.mode} had an invalid trial, {self.check.gate.spare_blocks} are "
                f"allowed for ({by_arm['A']} such trials of A, {by_arm['B']} of B); the last because "
                f"{invalid[-1].invalid_because}"
            )


def expected_trials(check: Check) -> int:
    """Return how many trials run if the last look is needed for everything."""
    return check.gate.looks[-1] * len(check.comparisons) * (4 if check.interleaved else 2)
