"""The plan of a run: each setting, so many times, in random order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from results.plan import Ask, Step, check_trials, in_blocks, repeated
from results.trial import Setting, Trial

# What a trial takes beside its load: two processes that start, a program that is compiled and loaded.
_BESIDE_S = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What is tried: each setting `trials` times, and of those that the machine spoils up to `retries` more."""

    settings: tuple[Setting, ...]
    trials: int
    retries: int = 0

    def __post_init__(self) -> None:
        check_trials("--trials", self.trials, 1)
        check_trials("--retries", self.retries, 0)

    def order(self, seed: int) -> Iterator[tuple[int, Setting]]:
        """Yield the block and the setting of each trial, before any is repeated."""
        return in_blocks(self.settings, self.trials, seed)

    @property
    def expected_s(self) -> float:
        """Estimate for how long its trials run, before any is repeated."""
        return sum((setting.duration_s or 0) + _BESIDE_S for _, setting in self.order(0))

    def answer(self, ask: Ask, seed: int) -> tuple[Trial, ...]:
        trials = [ask(Step(setting, block)) for block, setting in self.order(seed)]
        return (*trials, *repeated(trials, ask, self.retries, seed))

    def to_json(self) -> dict[str, Any]:
        settings = [setting.to_json() for setting in self.settings]
        return {"settings": settings, "trials": self.trials, "retries": self.retries}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """Read a session's plan; one of before trials were repeated has no retries."""
        settings = tuple(Setting.from_json(setting) for setting in plan["settings"])
        return cls(settings=settings, trials=plan["trials"], retries=plan.get("retries", 0))
