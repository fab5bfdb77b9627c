"""An experiment made up for tests: each variant has a speed, and each trial a little noise."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping

from results.explain.effect import Experiment, experiment
from results.explain.plan import ExplainPlan
from results.ledger import Ledger
from results.trial import Setting, Trial

# Events per second in a closed loop, on a machine where notifications are the cause and nothing else is.
NOTIFICATIONS: Mapping[str, float] = {
    "null": 300e3, "work": 400e3, "file": 450e3, "null, notified rarely": 600e3, "file, notified rarely": 600e3,
    "null, busy": 700e3, "null, paced": 700e3, "null, paced and forced": 90e3, "null, short batches": 690e3,
    "null, long batches": 700e3, "null, percpu-ring": 301e3, "null, paced, log": 701e3,
    "null, pausing": 500e3, "null, calling": 500e3, "null, flushing": 500e3,
    "null, same CPU": 200e3, "file, same CPU": 100e3, "nobody reads": 750e3, "null, open loop": 50e3,
    "file, open loop": 50e3, "null, drain": 1e6, "file, drain": 0.5e6,
}  # fmt: skip


def made_up(noise: float = 0.01, blocks: int = 10, **changes: float) -> Experiment:
    """Make an experiment; `changes` replaces speeds by name, "_" for ", " and "__" for " "."""
    speeds = {**NOTIFICATIONS, **{name.replace("__", " ").replace("_", ", "): speed for name, speed in changes.items()}}
    assert speeds.keys() == NOTIFICATIONS.keys()
    settings = {name: _setting(name) for name in speeds}
    looked_into = {"null": dataclasses.replace(settings["null"], pass_="kernel")}
    plan = ExplainPlan(variants=settings, blocks=blocks, looked_into=looked_into, looks=1)
    chance = random.Random(5)
    trials = [
        _trial(settings[name], speed * chance.lognormvariate(0, noise), block)
        for block in range(blocks)
        for name, speed in speeds.items()
    ]
    return experiment(plan, trials)


def _setting(name: str) -> Setting:
    drains = name.endswith("drain")
    return Setting(
        mode=name, reader="callback", wait="epoll", traffic="synthetic" if drains else "udp-closed-port",
        trial_kind="drain" if drains else "load", ring_size_bytes=1 << 20, duration_s=None if drains else 1.0,
        drain_records=32_000 if drains else None, intended_load=50e3 if name.endswith("open loop") else None,
    )  # fmt: skip


def _trial(setting: Setting, speed: float, block: int) -> Trial:
    events = setting.drain_records or round(speed)
    span = round(events / speed * 1e9)
    return Trial(
        session="s1", number=0, block=block, started_at="2026-11-22T15:04:25Z", setting=setting,
        ledger=Ledger(observed=events, submitted=events, reserve_failed=0, consumed=events, unread=0),
        first_offered_ns=1, last_offered_ns=1 if setting.drain_records else 1 + span, last_consumed_ns=1 + span,
        metrics={"passes": events / 10, "switches_voluntary": events / 20},
    )  # fmt: skip
