"""The outcome of a check as its reports show it: the judgements, what was compared, and what is known of the gate."""

from dataclasses import dataclass

from results.check.blocks import Arm, unusable
from results.check.certificate import Certificate
from results.check.gate import Gated
from results.check.plan import Check
from results.check.verdict import Judgement, Verdict, worst, worst_first
from results.check.why import Why, why_of
from results.session import Session
from results.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that a report of a check says. `result_file` is what `bench verify` takes; None if none was kept."""

    session: Session
    check: Check
    judgements: tuple[Judgement, ...]
    trials: tuple[Trial, ...] = ()
    certificate: Certificate | None = None
    warnings: tuple[str, ...] = ()
    result_file: str | None = None

    @property
    def verdict(self) -> Verdict:
        return worst(self.judgements)

    def set_aside(self, arm: Arm) -> int:
        """Count the trials of an arm that cannot be compared: invalid, or with another load than was meant."""
        return sum(unusable(trial) is not None for trial in self._of_blocks(arm))

    def disturbed(self, arm: Arm) -> int:
        """Count the trials of an arm that count, though the machine was not quiet."""
        return sum(trial.disturbed for trial in self._of_blocks(arm))

    def _of_blocks(self, arm: Arm) -> list[Trial]:
        return [trial for trial in self.trials if trial.arm == arm and trial.setting.pass_ != "sampled"]

    def doubtful(self, gated: Gated, arm: Arm) -> bool:
        """Tell whether an arm's value is a timing that was taken, in some trial, while the machine was not quiet."""
        settings = [each.setting(arm) for each in self.check.comparisons if each.measures(gated)]
        return gated.metric.timing and any(
            trial.disturbed and trial.arm == arm and trial.setting in settings for trial in self.trials
        )

    @property
    def worst_first(self) -> tuple[Judgement, ...]:
        return worst_first(self.judgements)

    @property
    def why(self) -> Why | None:
        """Where what regressed most went; None where nothing did, or where it was not asked for."""
        return None if self.check.sampled is None else why_of(self.check.comparisons, self.judgements, self.trials)

    def to_json(self) -> dict[str, object]:
        return {
            "verdict": self.verdict.value,
            "session": self.session.id,
            "arm_a": self.check.arm_a,
            "arm_b": self.check.arm_b,
            "interleaved": self.check.interleaved,
            "seed": self.session.seed,
            "alpha": self.check.gate.alpha,
            "looks": list(self.check.gate.looks),
            "budget_s": self.check.gate.budget_s,
            "invalid_trials_a": self.set_aside("A"),
            "invalid_trials_b": self.set_aside("B"),
            "disturbed_trials_a": self.disturbed("A"),
            "disturbed_trials_b": self.disturbed("B"),
            "judgements": [
                {
                    **judgement.to_json(),
                    "doubtful_a": self.doubtful(judgement.gated, "A"),
                    "doubtful_b": self.doubtful(judgement.gated, "B"),
                }
                for judgement in self.judgements
            ],
            "certificate": None if self.certificate is None else self.certificate.to_json(),
            "why": None if (why := self.why) is None else why.to_json(),
            "warnings": list(self.warnings),
            "result_file": self.result_file,
        }
