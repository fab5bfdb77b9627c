"""How large must a ring be to survive a stall of its consumer? Computed first, then tried, above and below."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from results import units
from results.capacity.judge import RECORD_BYTES
from results.errors import BadInput
from results.metrics import STALL
from results.plan import Ask, Step, check_trials
from results.trial import Setting, Trial

LEAST_BYTES, MOST_BYTES = 4096, 1 << 30
# A size that holds in so many trials is a candidate; the last word have the trials of the plan.
TRIES = 3
# A trial whose load was not offered, or whose stall was too short, says nothing and is repeated.
RETRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvicePlan:
    """A consumer at a load, stopped for a while, in `setting`; its ring size is what is asked for.

    `fitting_bytes` is what the channel takes by its own rule, None where it is the ring's; none is below `least_bytes`.
    `record_bytes` is what an event takes in a ring: of a user's own program, another number than of bench's.
    """

    setting: Setting
    trials: int
    record_bytes: int = RECORD_BYTES
    fitting_bytes: int | None = None
    least_bytes: int = LEAST_BYTES

    def __post_init__(self) -> None:
        if self.setting.ring_size_bytes is None:
            raise BadInput(f"mode {self.setting.mode} uses no ring: there is no size to advise")
        if not 0.001 <= self.stall_s <= 60:
            raise BadInput(f"--stall is between 1 and 60,000 milliseconds; it is {self.stall_s * 1000:g}")
        check_trials("--trials", self.trials, 1)
        if self.computed_bytes > MOST_BYTES:
            raise BadInput(
                f"{self.load:,.0f} drops per second for {self.stall_s:g} s need {units.size(self.needed_bytes)}, and "
                f"the largest ring has {units.size(MOST_BYTES)}; aggregate in the kernel instead (--mode aggregate)"
            )

    @property
    def stall_s(self) -> float:
        """For how long the consumer is stopped, in seconds."""
        assert self.setting.stall_s is not None
        return self.setting.stall_s

    @property
    def load(self) -> float:
        """Drops per second."""
        assert self.setting.intended_load is not None
        return self.setting.intended_load

    @property
    def needed_bytes(self) -> float:
        """What arrives during the stall, with the pause that a paced consumer makes anyway."""
        return self.load * (self.stall_s + (self.setting.interval_ns or 0) / 1e9) * self.record_bytes

    @property
    def computed_bytes(self) -> int:
        """The next size that the kernel accepts: a power of two pages, for a ring."""
        return self.fitting_bytes or max(LEAST_BYTES, 1 << int(self.needed_bytes).bit_length())

    @property
    def usual_trials(self) -> int:
        """Estimate how many trials there are: mostly half of what was computed does not hold, and the whole does."""
        return 1 + 2 * self.trials

    def answer(self, ask: Ask, _seed: int) -> Advice:
        """Raises RuntimeError when no size holds, or nothing can be tried."""
        return advise(self, ask)

    def to_json(self) -> dict[str, Any]:
        row = dataclasses.asdict(self) | {"setting": self.setting.to_json()}
        if self.record_bytes == RECORD_BYTES:  # as before there was another
            del row["record_bytes"]
        return {"advice": row}

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> AdvicePlan:
        return cls(**{**plan["advice"], "setting": Setting.from_json(plan["advice"]["setting"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Trials with a ring of one size, and in how many of them nothing was lost."""

    size_bytes: int
    trials: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The smallest size that held in every trial, and what half of it did; None where it is the smallest there is."""

    plan: AdvicePlan
    advised: Tried
    half: Tried | None

    def sentences(self) -> list[str]:
        """Say what was computed, what held, and what did not."""
        plan, advised, half = self.plan, self.advised, self.half
        stall, channel = units.seconds(plan.stall_s), plan.setting.channel
        rule = "a ring is a power of two" if channel == "ring" else f"in a {channel} each CPU has a part of its own"
        said = [
            f"At {units.rate(plan.load)}, {plan.setting.mode} ({plan.setting.reader}) needs a {channel} of "
            f"{units.size(advised.size_bytes)} to survive a stall of {stall}: nothing was lost in {advised.held} of "
            f"{advised.trials} trials with its consumer stopped for that long.",
            f"Computed: {units.rate(plan.load)} × {stall} × {plan.record_bytes} bytes = "
            f"{units.size(plan.needed_bytes)}, and {rule}: {units.size(plan.computed_bytes)}.",
        ]
        if half is not None:
            said.append(f"With {units.size(half.size_bytes)}, nothing was lost in {half.held} of {half.trials} trials.")
        if advised.size_bytes > plan.computed_bytes:
            said.append("The computed size lost events in some trial: this machine stops the consumer for longer.")
        return said


def advise(plan: AdvicePlan, ask: Ask) -> Advice:
    """Try sizes until one holds and its half does not. Raises RuntimeError when none holds, or nothing can be tried."""
    size = plan.computed_bytes
    while size > plan.least_bytes and _holds(plan, size // 2, ask):
        size //= 2
    while True:
        tried = _try(plan, size, plan.trials, ask)
        if tried.held == tried.trials:
            break
        size *= 2
        if size > MOST_BYTES:
            raise RuntimeError(
                f"no {plan.setting.channel} up to {units.size(MOST_BYTES)} survived: this mode does not take the load"
            )
    half = _try(plan, size // 2, plan.trials, ask) if size > plan.least_bytes else None
    return Advice(plan=plan, advised=tried, half=half)


def _holds(plan: AdvicePlan, size_bytes: int, ask: Ask) -> bool:
    return all(_survived(_offered(plan, size_bytes, ask)) for _ in range(TRIES))


def _try(plan: AdvicePlan, size_bytes: int, trials: int, ask: Ask) -> Tried:
    held = sum(_survived(_offered(plan, size_bytes, ask)) for _ in range(trials))
    return Tried(size_bytes=size_bytes, trials=trials, held=held)


def _offered(plan: AdvicePlan, size_bytes: int, ask: Ask) -> Trial:
    """Ask for a trial until the load was offered and the stall took place."""
    setting = dataclasses.replace(plan.setting, ring_size_bytes=size_bytes)
    for _ in range(1 + RETRIES):
        trial = ask(Step(setting, block=0))
        if trial.valid and trial.limited_by != "generator" and (STALL.value(trial) or 0.0) >= plan.stall_s:
            return trial
    raise RuntimeError(
        f"in {1 + RETRIES} trials in a row, {plan.load:,.0f} drops per second were not offered through a whole stall; "
        "ask for a lower --rate"
    )


def no_room(trial: Trial) -> int:
    """Count the events for which the channel had no room, or that had to make room."""
    return (trial.ledger.reserve_failed or 0) + (trial.ledger.overwritten or 0)


def _survived(trial: Trial) -> bool:
    return not no_room(trial)
