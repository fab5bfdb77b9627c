"""A budget of time: how many pairs it comes to, what it says, and that it leaves the coins fair."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from math import log

import numpy as np
import pytest

from results.check.budget import foretold
from results.check.plan import Check
from results.check.verdict import Verdict
from results.plan import replay
from tests.results.check.blocks_made_up import SEED, START
from tests.results.check.paired_made_up import COMPARISON, check, pair


class Machine:
    """Answers halves of pairs; `ratios` and `lasts` say of each pair what B is to A, and how many seconds it takes."""

    def __init__(self, ratios, lasts, seed=SEED):
        self._ratios, self._lasts, self._seed = iter(ratios), iter(lasts), seed
        self._at = START
        self.trials = []

    def ask(self, step):
        if step.beside is not None:
            made = pair(step.block, next(self._ratios), seed=self._seed)
            self.trials += [replace(half, started_at=self._at.isoformat()) for half in made]
            self._at += timedelta(seconds=next(self._lasts))
            return self.trials[-2]
        return self.trials[-1]


def with_budget(budget_s, **changes):
    plain = check()
    gate = replace(plain.gate, looks=(), budget_s=budget_s, **changes)
    return replace(plain, gate=gate)


def answered(budget_s, lasts, ratio=1.0):
    machine = Machine([ratio] * 1000, lasts)
    (judgement,) = with_budget(budget_s).answer(machine.ask, SEED)
    kept = Check.from_json(with_budget(budget_s).to_json())
    assert kept.answer(replay(machine.trials), SEED) == (judgement,)
    assert kept.judge(kept.blocks(SEED, machine.trials)) == (judgement,)
    assert not kept.wanted(kept.blocks(SEED, machine.trials))
    return judgement, len(machine.trials) // 2


@pytest.mark.parametrize(
    ("lasts", "pairs"),
    [([3.0] * 100, 20), ([9.9] * 100, 6), ([2.0, 2.0, 500.0, *[2.0] * 100], 30), ([1.0, *[6.0] * 100], 10)],
    ids=["short", "just the fewest", "resumed after a break", "slower later on"],
)
def test_as_many_pairs_as_fit(lasts, pairs):
    """By the median from start to start; one look, with all of alpha."""
    judgement, made = answered(60.0, lasts)
    assert (judgement.verdict, judgement.look, judgement.blocks, made) == (Verdict.OK, 1, pairs, pairs)


def test_a_budget_without_room_for_a_verdict_says_so():
    """Three pairs can never fail: no verdict, what it takes, and no pair beyond the budget."""
    judgement, made = answered(60.0, [20.0] * 9, ratio=5.0)
    assert (judgement.verdict, made) == (Verdict.INCONCLUSIVE, 3)
    assert judgement.because.startswith("3 blocks in a budget of 60 s, and 5 are the fewest that can decide")


def test_what_it_will_tell_is_said_after_three_pairs():
    """How many fit, and an effect that the pairs of such a spread do tell."""
    spread = [0.98, 1.0, 1.02]
    machine = Machine(spread * 100, [3.0] * 100)
    wanted = with_budget(60.0)
    wanted.answer(machine.ask, SEED)
    assert foretold(wanted.gate, [COMPARISON], machine.trials[:4]) is None
    fit, tells = foretold(wanted.gate, [COMPARISON], machine.trials[:6])
    assert fit == "about 20 blocks of each kind fit into 60 s"
    told = re.fullmatch(r"by the first 3, they will detect ([\d.]+) % of epoll ns_per_event", tells)
    assert 0.3 < float(told[1]) < 2
    assert foretold(check().gate, [COMPARISON], machine.trials) is None


@pytest.mark.slow
def test_time_that_follows_from_what_was_measured_leaves_the_coins_fair():
    """Wild pairs take longer, and calm ones end the check late: no more false alarms than alpha."""
    gates, alarms = 200, 0
    wanted = with_budget(40.0)
    free = replace(wanted.gate.gated[0].gate, margin=1e-9)
    wanted = replace(wanted, gate=replace(wanted.gate, gated=(replace(wanted.gate.gated[0], gate=free),)))
    for seed in range(gates):
        rng = np.random.default_rng(seed)
        sizes = np.abs(rng.standard_t(2, 60)) * 0.05
        # Which of the two processes is the slower is the machine's doing; what it is called is the coin's.
        ratios = np.exp(sizes * rng.choice([-1, 1], 60))
        machine = Machine(ratios.tolist(), (2 + 60 * sizes).tolist(), seed)
        (judgement,) = wanted.answer(machine.ask, seed)
        alarms += judgement.verdict is Verdict.REGRESSED
    assert alarms <= gates * 0.05 + 4 * (gates * 0.05 * 0.95) ** 0.5


def test_a_true_difference_is_found_in_it():
    """20 % in twenty pairs that vary by 2 %."""
    rng = np.random.default_rng(3)
    machine = Machine(np.exp(log(1.2) + rng.normal(0, 0.02, 100)).tolist(), [3.0] * 100)
    (judgement,) = with_budget(60.0).answer(machine.ask, SEED)
    assert judgement.verdict is Verdict.REGRESSED
