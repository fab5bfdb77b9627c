"""Pairs with chosen ratios, through the real classes, for tests of what is computed from them."""

from __future__ import annotations

from dataclasses import replace

from results.check.blocks import ARMS, Comparison, coin, window_order
from results.check.gate import GatePlan, gated
from results.check.plan import Check
from results.windows import Windows
from tests.results.check.blocks_made_up import SEED, setting, trial

NAME = "ns_per_event"
OF = setting(drain_records=100, windows=20)
COMPARISON = Comparison("epoll", OF, OF)


def pair(block: int, ratio: float, *, seed: int = SEED, of=OF, took_s: float = 3.0):
    """Make both halves of a pair in the order in which they were started, B / A as chosen in each window."""
    order = window_order(seed, block, of.windows)
    began = {arm: tuple(1000 * at for at, each in enumerate(order) if each == arm) for arm in ARMS}
    made = []
    for place, arm in enumerate(coin(seed, block)[:2]):
        values = {NAME: (100.0 * (ratio if arm == "B" else 1),) * of.windows}
        windows = Windows(began_ns=began[arm], values=values, void={}, took_s=took_s)
        of_arm = trial(2 * block + place, block, arm, of, metrics={NAME: values[NAME][0]})
        made.append(replace(of_arm, windows=windows))
    return made


def pairs(ratios, **how):
    return [half for block, ratio in enumerate(ratios) for half in pair(block, ratio, **how)]


def check(looks=(8,), **changes):
    gate = GatePlan(alpha=0.05, looks=looks, gated=(gated("epoll", NAME),))
    return Check(gate=gate, comparisons=(COMPARISON,), arm_a="a", arm_b="b", **changes)
