"""What a survey asks, trial by trial, and what it finds: searches, checks of their limits, and a curve."""

import dataclasses
from dataclasses import dataclass
from statistics import median
from typing import Literal

from results.capacity.bounds import Bounds, Found
from results.capacity.judge import RECORD_BYTES, trial_duration
from results.plan import Ask, Step
from results.trial import Setting, Trial

# So often is a question asked again when its trial was invalid.
RETRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Step):
    """A step of a survey, and what it is for. A block is a search with its checks and its curve."""

    purpose: Literal["search", "check", "curve"]
    earlier: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Trials at a part of the PDR; `expected` says whether they should pass.

    `passed` and `failed` count what the consumer did. What is left, the generator did not offer: no verdict on either.
    """

    part: float
    load: float
    expected: bool
    trials: tuple[Trial, ...]
    passed: int
    failed: int

    @property
    def holds(self) -> bool | None:
        """Whether most trials ended as they should; None when none of them was offered its load."""
        if not self.passed + self.failed:
            return None
        return (self.passed > self.failed) if self.expected else (self.failed > self.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One load of the curve. `aged` is a trial of its own in which events told their age, which costs time."""

    timed: Trial
    aged: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What one setting can take. `wrong` says why there is no result, if there is none.

    `session` is the one whose file it was read back from, None while it is measured.
    """

    setting: Setting
    loss: float
    searches: tuple[Found, ...] = ()
    checks: tuple[Check, ...] = ()
    curve: tuple[Point, ...] = ()
    wrong: str | None = None
    session: str | None = None

    @property
    def ndr(self) -> tuple[Bounds, ...]:
        return tuple(found.ndr for found in self.searches)

    @property
    def pdr(self) -> tuple[Bounds, ...]:
        return tuple(found.pdr for found in self.searches)

    @property
    def known(self) -> bool:
        """Whether every search found the PDR itself, and not only a load below it."""
        return bool(self.searches) and all(bounds.known for bounds in self.pdr)


def reference_load(capacity: Capacity) -> float | None:
    """Return the PDR that checks and curve refer to: the median of the searches' lower bounds."""
    lower = [bounds.lower for bounds in capacity.pdr if bounds.lower is not None]
    return median(lower) if lower else None


def at_load(setting: Setting, load: float, duration_s: float, record_bytes: int = RECORD_BYTES) -> Setting:
    """Return a setting at a load, with a duration that is long against the ring."""
    lasts_s = trial_duration(load, setting.ring_size_bytes, duration_s, record_bytes)
    return dataclasses.replace(setting, intended_load=load, duration_s=lasts_s)


def valid(question: Question, ask: Ask) -> Trial:
    """Ask until a trial is valid. Raises RuntimeError when none is."""
    for _ in range(1 + RETRIES):
        trial = ask(question)
        if trial.valid:
            return trial
    raise RuntimeError(f"{1 + RETRIES} trials in a row were invalid: {'; '.join(trial.invalid_because)}")
