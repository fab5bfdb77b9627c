"""What an audit asks, and its verdicts: known drops beside what a consumer reported and what it admitted as lost."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from results.plan import Ask, Step, check_trials
from results.trial import Setting, Trial

Verdict = Literal["exact", "admits its loss", "admits a part", "silent", "counts what was not there"]
Expectation = Literal["exact", "admits"]

UNTAGGED = "untagged_drops"
"""The witness that counts drops of the same protocol whoever made them: no more of them can have been seen."""
TRAFFIC = "unknown-ethertype"
"""What is sent has an Ethernet type that nobody else uses, so that a tool that knows no tag can watch it alone."""
PROTOCOL = "{protocol}"
"""Stands for that type, as a number, in the words of a command."""

_BESIDE_S = 8.0  # a tool starts, is seen to be ready, ends, and is read


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """Each of some consumers at rising loads, in drops per second, `trials` times; `settings` have no load."""

    settings: tuple[Setting, ...]
    loads: tuple[float, ...]
    trials: int

    def __post_init__(self) -> None:
        check_trials("--trials", self.trials, 1)

    def order(self, seed: int) -> Iterator[tuple[int, Setting]]:
        """Yield the block and the setting of each trial: load by load, the consumers at random."""
        drawn, block = random.Random(seed), 0
        for load in self.loads:
            for _ in range(self.trials):
                for setting in drawn.sample(self.settings, len(self.settings)):
                    yield block, replace(setting, intended_load=load)
                block += 1

    @property
    def expected_s(self) -> float:
        """Estimate for how long it runs."""
        return sum((setting.duration_s or 0) + _BESIDE_S for _, setting in self.order(0))

    def answer(self, ask: Ask, seed: int) -> tuple[Trial, ...]:
        return tuple(ask(Step(setting, block)) for block, setting in self.order(seed))

    def to_json(self) -> dict[str, Any]:
        settings = [setting.to_json() for setting in self.settings]
        return {"audit": {"settings": settings, "loads": list(self.loads), "trials": self.trials}}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """Read a session's plan."""
        own = plan["audit"]
        settings = tuple(map(Setting.from_json, own["settings"]))
        return cls(settings=settings, loads=tuple(own["loads"]), trials=own["trials"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a trial came to: so many drops were there, at least and at most, and so many were told of.

    admitted   None: it never says that it lost any
    """

    least: int
    most: int
    reported: int
    admitted: int | None

    @property
    def untold(self) -> int:
        """Drops that were neither reported nor admitted; below 0, what was told of beyond all drops."""
        return min(0, self.most - self.told) or max(0, self.least - self.told)

    @property
    def told(self) -> int:
        return self.reported + max(0, self.admitted or 0)  # files of old may hold less than no loss

    @property
    def verdict(self) -> Verdict:
        if self.told > self.most:
            return "counts what was not there"
        if self.reported >= self.least:
            return "exact"
        if self.told == self.reported:
            return "silent"
        return "admits its loss" if self.told >= self.least else "admits a part"


def account(trial: Trial) -> Account | None:
    """Lay beside each other what a trial's drops were and what was told of them; None where that is not known.

    Ours admit what their ledger counts as lost.
    """
    ledger = trial.ledger
    if not trial.valid or ledger.consumed is None or ledger.drops_expected is None:
        return None
    admitted = ledger.admitted if trial.setting.foreign is not None else ledger.lost
    most = max(ledger.drops_expected, trial.witness.get(UNTAGGED, 0))
    return Account(least=ledger.drops_expected, most=most, reported=ledger.consumed, admitted=admitted)


def fell_short(trial: Trial) -> bool:
    """Tell whether too little of its load was offered to say anything of that load."""
    return trial.limited_by == "generator"


def meets(verdict: Verdict, expected: Expectation) -> bool:
    """Tell whether a verdict is what was expected, or better."""
    return verdict == "exact" or (expected == "admits" and verdict == "admits its loss")


def verdicts(trials: Iterable[Trial]) -> list[Verdict | None]:
    """Judge each trial."""
    return [None if (found := account(trial)) is None else found.verdict for trial in trials]
