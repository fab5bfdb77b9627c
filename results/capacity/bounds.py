"""How finely a search looks, and what it finds: without the library that searches, whose import takes a while."""

from collections.abc import Iterable
from dataclasses import dataclass

from results.capacity.judge import Side, judge
from results.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How finely a search looks; durations in seconds.

    `width` is the relative distance of the bounds at the end. A load is decided when trials of `final_s` that last
    `sum_s` together are on its side; the trials of the first, coarse steps last `initial_s`.
    `checks` trials are made at each load of the check.
    """

    width: float
    initial_s: float
    final_s: float
    sum_s: float
    checks: int

    @property
    def trials(self) -> int:
        """How many trials decide on a load."""
        return max(self.checks, round(self.sum_s / self.final_s))


NORMAL = Precision(width=0.05, initial_s=0.5, final_s=2.0, sum_s=6.0, checks=3)
QUICK = Precision(width=0.10, initial_s=0.5, final_s=1.0, sum_s=1.0, checks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Where the limit lies, in drops per second. `lower` None: not even the lowest load passed.

    `upper` None, or reached by the generator's weakness and not the consumer's (`at_least`): it may lie higher.
    """

    lower: float | None
    upper: float | None
    at_least: bool

    @property
    def known(self) -> bool:
        """Whether the limit was found, and not only a load below it."""
        return self.lower is not None and not self.at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The outcome of one search."""

    ndr: Bounds
    pdr: Bounds
    trials: tuple[Trial, ...]


def closing_in(trials: Iterable[Trial], loss: float) -> tuple[float | None, float | None]:
    """Return the highest load that passed below every one that failed, and the lowest that failed: for the eye."""
    passed: set[float] = set()
    failed: set[float] = set()
    for trial in trials:
        load = trial.setting.intended_load or 0.0
        (passed if judge(trial).failed_by(loss) is Side.NOBODY else failed).add(load)
    upper = min(failed - passed, default=None)
    below = [load for load in passed if upper is None or load < upper]
    return max(below, default=None), upper
