"""Sessions of `bench audit --overhead` on machines that are simulated; all that follows is the product's own.

A machine knows the moments of turns and their windows, and not which of them were attached: that is the coins' affair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from results.check.blocks import Comparison
from results.ledger import Ledger
from results.metrics import SENDER_PER_FRAME
from results.overhead import ALONE, WARMING_UP, OverheadPlan
from results.plan import Step
from results.trial import Setting, Trial
from results.windows import Windows

WARM_UP, WINDOWS = 2, 7
FRAME_NS = 700.0
Machine = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""Takes the moments of a turn's windows, counted from the session's start; returns logarithms of what each takes."""


def setting(mode: str = "exec:a tool") -> Setting:
    return Setting(
        mode=mode, reader=None, wait="epoll", traffic="unknown-ethertype", wakeup=None, sender="packet",
        duration_s=0.1, windows=WINDOWS,
    )  # fmt: skip


def comparison(mode: str = "exec:a tool") -> Comparison:
    return Comparison(mode, setting(ALONE), setting(mode))


def plan(*modes: str, **how: object) -> OverheadPlan:
    return OverheadPlan(comparisons=tuple(map(comparison, modes or ("exec:a tool",))), **{"pairs": 12, **how})


class Simulated:
    """Answers the steps of a plan: turns on a machine on which a tool costs so much."""

    def __init__(self, machine: Machine, seed: int, cost: float | dict[str, float] = 0.0, turn_s: float = 1.2) -> None:
        self.machine, self.cost, self.turn_s = machine, cost, turn_s
        self.rng = np.random.default_rng(seed)
        self.trials: list[Trial] = []

    def __call__(self, step: Step) -> Trial:
        number = len(self.trials)
        moments = number * self.turn_s + 0.1 * np.arange(WINDOWS)
        cost = self.cost if isinstance(self.cost, float) else self.cost.get(step.setting.mode, 0.0)
        levels = self.machine(moments, self.rng) + np.log1p(cost) * (step.arm == "B")
        self.trials.append(self.spoil(trial(step, number, FRAME_NS * np.exp(levels), moments)))
        return self.trials[-1]

    def spoil(self, made: Trial) -> Trial:
        """Change nothing; others do."""
        return made


def trial(step: Step, number: int, ns: np.ndarray, moments: np.ndarray) -> Trial:
    """State a turn."""
    began = tuple(int(1e9 * (10 + moment)) for moment in moments)
    sent = int(sum(1e8 / ns))
    return Trial(
        session="s", number=number, block=step.block, arm=step.arm,
        started_at=(datetime(2026, 11, 27, tzinfo=UTC) + timedelta(seconds=float(moments[0]))).isoformat(),
        setting=step.setting,
        ledger=Ledger(sent=sent, refused=0, drops_expected=sent, observed=None, consumed=None, unread=None),
        first_offered_ns=began[0], last_offered_ns=began[-1] + 100_000_000, last_consumed_ns=began[-1] + 100_000_000,
        metrics={"steal_ratio": 0.004, "turn_gap_s": 0.5, **({"cpu_s": 0.07} if step.arm == "B" else {})},
        windows=Windows(
            began_ns=began,
            values={
                SENDER_PER_FRAME.name: tuple(
                    None if place < WARM_UP else float(each) for place, each in enumerate(ns)
                )
            },
            void={str(place): WARMING_UP for place in range(WARM_UP)},
            took_s=2.4,
        ),
    )  # fmt: skip


def invalid(made: Trial, why: str = "sleep ended with status 1 while it was attached") -> Trial:
    return replace(made, invalid_because=(why,))
