"""What is stated of a trial that was measured in windows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.account import Finish, joined, window
from harness.messages import Done
from harness.probes.machine import Limits
from harness.probes.reading import Reading
from harness.trial import Identity
from results.ledger import Ledger
from tests.results import made_up

WINDOW_NS = 10_000_000


@pytest.mark.parametrize(("waited_s", "share"), [(0.0264, "88.0%"), (0.0029, None)])
def test_what_a_consumer_waited_is_a_share_of_the_time_in_which_it_did(waited_s: float, share: str | None) -> None:
    """In each window of 10 ms it waited up to 26.4 ms, most of it before the load: of the 30 ms that it was watched."""
    setting, who = made_up.setting(windows=2), Identity(session="s", number=0, block=0, seed=1)
    ledger = Ledger(sent=1, observed=1, submitted=1, reserve_failed=0, consumed=1, unread=0)
    read = Reading(metrics={"run_delay_s": waited_s, "watched_s": 0.03})
    windows = [
        window(
            setting,
            who,
            Finish(
                done=Done(consumed=1, last_consumed_ns=began_ns + WINDOW_NS), counters=None, skipped=0, unread=0,
                reading=read,
            ),
            ledger,
            wrong=(),
            first_ns=began_ns,
            last_ns=began_ns + WINDOW_NS,
        )
        for began_ns in (10**9, 2 * 10**9)
    ]  # fmt: skip
    trial = joined(setting, who, windows, Reading(), Limits(), started_at=datetime.now(UTC), took_s=1.0, warnings=())
    assert trial.metrics["run_delay_s"] == pytest.approx(2 * waited_s)
    assert trial.metrics["watched_s"] == 0.06
    assert trial.disturbed_because == (
        ()
        if share is None
        else (f"the consumer was ready and had no CPU for {share} of its time, more than --run-delay-limit 10.0%",)
    )
