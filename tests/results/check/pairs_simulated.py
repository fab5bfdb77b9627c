"""Pairs on machines that are simulated: two processes on a noisy machine, measured by the orders that the coins give.

The machine knows processes by the place at which they were started, and windows by when they ran; what is run in which
process is the coins' affair. Everything that follows is the product's own: orders, warm-up, values, test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from results.check.blocks import coin, window_order
from results.check.pairs import pair_value
from results.statistics.signed_rank import p_above

WINDOWS = 20
Levels = np.ndarray
"""Logarithms of what each window took, in the order in which they ran."""


@dataclass(frozen=True)
class Ran:
    """What a machine sees of a pair: of each window, whether it is of the process that was started second."""

    second: np.ndarray
    rng: np.random.Generator

    @property
    def place(self) -> np.ndarray:
        return np.arange(len(self.second))


def drift(ran: Ran) -> Levels:
    """All becomes slower, by 40 % from the first window to the last, and each second process starts on a hotter CPU."""
    return 0.4 * ran.place / len(ran.place) + 0.02 * ran.second + ran.rng.normal(0, 0.01, len(ran.place))


def steps(ran: Ran) -> Levels:
    """A neighbour comes and goes: three times on average everything takes half as long again, or no longer."""
    switched = np.cumsum(ran.rng.random(len(ran.place)) < 3 / len(ran.place))
    return 0.4 * (switched % 2) + ran.rng.normal(0, 0.01, len(ran.place))


def heavy_tails(ran: Ran) -> Levels:
    """Windows vary without a variance, and so do processes."""
    offset = 0.02 * ran.rng.standard_t(1.5, 2)
    return offset[ran.second] + 0.01 * ran.rng.standard_t(1.2, len(ran.place))


def first_wins(ran: Ran) -> Levels:
    """The process that ran first of all stays ahead, by 3 %, and the first window after a change is dear."""
    changed = np.diff(ran.second, prepend=1 - ran.second[0]) != 0
    return 0.03 * (ran.second != ran.second[0]) + 0.05 * changed + ran.rng.normal(0, 0.005, len(ran.place))


def disturbs(ran: Ran) -> Levels:
    """The process that was started first leaves the caches cold for the other: its windows cost the next 8 % more."""
    after_first = np.concatenate(([0], 1 - ran.second[:-1]))
    return 0.08 * after_first * ran.second + ran.rng.normal(0, 0.01, len(ran.place))


def warms_up(ran: Ran) -> Levels:
    """Each process is twice as slow in its first window and approaches its speed, the one started first sooner."""
    own = np.where(ran.second, np.cumsum(ran.second), np.cumsum(1 - ran.second)) - 1
    return np.log1p(np.exp(-own / np.where(ran.second, 3.0, 1.0))) + ran.rng.normal(0, 0.01, len(own))


MACHINES = (drift, steps, heavy_tails, first_wins, disturbs, warms_up)

Starts = Callable[[int, int], str]
Orders = Callable[[int, int, int], tuple[str, ...]]


def started_by_coin(seed: int, block: int) -> str:
    return coin(seed, block)[0]


def value(
    machine: Callable[[Ran], Levels],
    seed: int,
    block: int,
    *,
    effect: float = 0.0,
    starts: Starts = started_by_coin,
    orders: Orders = window_order,
) -> float:
    """Run a pair and return its value; `effect` is by how much B is slower, a logarithm."""
    arms = np.array(orders(seed, block, WINDOWS))
    first = starts(seed, block)
    ran = Ran((arms != first).astype(int), np.random.default_rng((seed, block)))
    took = np.exp(machine(ran) + effect * (arms == "B"))
    found = pair_value(took[arms == "A"].tolist(), took[arms == "B"].tolist()).value
    assert isinstance(found, float)
    return found


def alarms(
    machine: Callable[[Ran], Levels], gates: int, pairs: int, level: float, *, effect: float = 0.0, **how: object
) -> int:
    """Count the gates that would call B slower than its effect allows."""
    return sum(
        p_above([value(machine, seed, block, effect=effect, **how) for block in range(pairs)], effect) <= level
        for seed in range(gates)
    )
