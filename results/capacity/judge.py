"""Judge a trial: did the consumer keep up, or did the ring only hide that it did not?

A ring absorbs overload for a while. Events that wait at the end, beyond what any consumer has in flight, are counted
as deferred: with a smaller ring, or a longer trial, they would have been lost.
"""

from dataclasses import dataclass
from enum import Enum

from results.errors import BadInput
from results.metrics import BACKLOG_AT_STOP, BACKLOG_GROWTH
from results.trial import Trial

RECORD_BYTES = 32
"""What an event of bench's own program takes in a ring."""
# What may wait at the end of a trial that passes: this much time's worth of load, one late turn of the scheduler.
SMALL_BACKLOG_S = 0.025
# At any load, that many events may be in flight.
IN_FLIGHT = 64
# A trial lasts at least so many times as long as its load takes to fill the ring.
LONG_AGAINST_RING = 5


class Side(Enum):
    """Who failed to keep up."""

    NOBODY = "passed"
    CONSUMER = "consumer"
    GENERATOR = "generator"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of one trial as a search takes them."""

    intended: int
    offered: int
    lost: int
    deferred: int

    @property
    def bad_ratio(self) -> float:
        """The part of what was offered that was lost, or would have been without the ring."""
        return (self.lost + self.deferred) / self.offered if self.offered else 0.0

    def failed_by(self, loss: float) -> Side:
        """Say who failed, if at most `loss` is allowed. A weak generator is never a weak consumer."""
        if self.bad_ratio > loss:
            return Side.CONSUMER
        return Side.GENERATOR if self.offered < self.intended else Side.NOBODY


def judge(trial: Trial) -> Verdict:
    """Count what became of a load trial. A shortfall of the generator counts from the point where it is called so."""
    offered, lost = trial.ledger.offered, trial.ledger.lost
    if offered is None or lost is None:
        raise BadInput(
            f"{trial.setting.program} is a black box: no limit can be found of what does not tell its losses"
        )
    intended = offered
    if trial.limited_by == "generator" and trial.setting.intended_load and trial.setting.duration_s:
        intended = max(offered, round(trial.setting.intended_load * trial.setting.duration_s))
    return Verdict(intended, offered, lost, _deferred(trial))


def trial_duration(load: float, ring_size_bytes: int | None, asked_s: float, record_bytes: int = RECORD_BYTES) -> float:
    """Return how long a trial must last to be long against the time in which its load fills the ring."""
    if ring_size_bytes is None:
        return asked_s
    return max(asked_s, LONG_AGAINST_RING * ring_size_bytes / record_bytes / load)


def _deferred(trial: Trial) -> int:
    """Count the events that only the ring saved: those that wait at the end, or that the backlog grew by."""
    duration_s = trial.setting.duration_s or 0.0
    load = (trial.ledger.offered or 0) / duration_s if duration_s else 0.0
    pause_s = (trial.setting.interval_ns or 0) / 1e9
    small = IN_FLIGHT + load * (SMALL_BACKLOG_S + pause_s)
    waiting = BACKLOG_AT_STOP.value(trial) or 0.0
    grown = (BACKLOG_GROWTH.value(trial) or 0.0) * duration_s
    return round(max(0.0, waiting - small, grown - small))
