"""A machine made up for tests: a consumer of known speed behind a ring, and a generator of known strength."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from results.capacity.bounds import QUICK
from results.capacity.plan import CapacityPlan
from results.ledger import Ledger
from results.plan import Step
from results.trial import Setting, Trial

RING = 1 << 20


def null(**changes: Any) -> Setting:
    return dataclasses.replace(
        Setting(mode="null", reader="callback", wait="epoll", traffic="udp-closed-port", ring_size_bytes=RING),
        **changes,
    )


def plan(*settings: Setting, **changes: Any) -> CapacityPlan:
    usual: dict[str, Any] = {"precision": QUICK, "loss": 0.005, "least": 1000.0, "most": 1e6}
    return CapacityPlan(settings=settings or (null(),), **usual | changes)


class Machine:
    """Answers questions: `takes` events per second, of at most `sends` that can be offered; others wait or are lost."""

    def __init__(self, takes: float, sends: float = 2e6, noise: float = 0.0, invalid: int = 0) -> None:
        self.takes, self.sends, self.invalid = takes, sends, invalid
        self.trials: list[Trial] = []
        self._noise = noise
        self._chance = random.Random(7)

    def ask(self, question: Step) -> Trial:
        made = trial(
            question.setting, self.takes * self._chance.lognormvariate(0, self._noise), self.sends, len(self.trials)
        )
        if self.invalid:
            self.invalid -= 1
            made = dataclasses.replace(made, invalid_because=("the consumer died",))
        self.trials.append(dataclasses.replace(made, block=question.block, repeats=question.repeats))
        return self.trials[-1]


def trial(setting: Setting, takes: float, sends: float = 2e6, number: int = 0) -> Trial:
    assert setting.intended_load
    assert setting.duration_s
    load = min(setting.intended_load, sends)
    offered = round(load * setting.duration_s)
    behind = max(0, offered - round(takes * setting.duration_s))
    waiting = min(behind, (setting.ring_size_bytes or 0) // 32 - 1)
    lost = behind - waiting
    end = 1 + round(setting.duration_s * 1e9)
    return Trial(
        session="s1", number=number, block=0, started_at="2026-11-22T15:04:25Z", setting=setting,
        ledger=Ledger(
            sent=offered, refused=0, observed=offered, skipped=0, drops_expected=offered, submitted=offered - lost,
            reserve_failed=lost, consumed=offered - lost, unread=0,
        ),
        first_offered_ns=1, last_offered_ns=end, last_consumed_ns=end + round(waiting / takes * 1e9),
        metrics={"backlog_at_stop": waiting, "cpu_s": setting.duration_s / 2},
        limited_by="generator" if load < 0.99 * setting.intended_load else "consumer" if lost else None,
    )  # fmt: skip
