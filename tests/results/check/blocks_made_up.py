"""Trials and blocks with chosen values, for tests of what is computed from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from results.check.blocks import Comparison, blocks_of, coin
from results.ledger import Ledger
from results.trial import Setting, Trial

SEED = 7
START = datetime(2026, 1, 1, tzinfo=UTC)


def setting(trial_kind="drain", pass_="timed", **changes):
    return Setting(
        mode=changes.pop("mode", "epoll"),
        reader="batch",
        wait="epoll",
        traffic="synthetic",
        trial_kind=trial_kind,
        pass_=pass_,
        **changes,
    )


def trial(number, block, arm, of, *, metrics=None, consumed=1000, ns=1000, lost=0, invalid_because=(), second=None):
    return Trial(
        session="s",
        number=number,
        block=block,
        arm=arm,
        started_at=(START + timedelta(seconds=number if second is None else second)).isoformat(),
        setting=of,
        ledger=Ledger(observed=consumed + lost, submitted=consumed, reserve_failed=lost, consumed=consumed, unread=0),
        first_offered_ns=0,
        last_offered_ns=0,
        last_consumed_ns=round(ns * consumed),
        metrics=metrics or {},
        invalid_because=invalid_because,
    )


def trials_of(name, pairs, *, mode="epoll", of=None, seed=SEED, first_block=1, first_number=1):
    """Make a block per pair: both A trials have the pair's first value of metric `name`, both B trials the second."""
    of = of or setting(mode=mode)
    made = []
    for block, (a, b) in enumerate(pairs, start=first_block):
        for arm in coin(seed, block):
            value = a if arm == "A" else b
            number = first_number + len(made)
            made.append(trial(number, block, arm, of, metrics={name: value}))
    return made


def comparison(of=None, mode="epoll"):
    of = of or setting(mode=mode)
    return Comparison(mode, of, of)


def blocks(name, ratios, *, mode="epoll", of=None, seed=SEED, base=100.0):
    """Make a block per ratio B / A."""
    made = trials_of(name, [(base, base * ratio) for ratio in ratios], mode=mode, of=of, seed=seed)
    return blocks_of([comparison(of, mode)], partial(coin, seed), made)


def ratios(log_effect, spread, count, seed):
    return np.exp(np.random.default_rng(seed).normal(log_effect, spread, count)).tolist()
