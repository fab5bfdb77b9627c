"""What the harness makes of a trial that it observed."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bpf.counters import Counters
from harness.probes.machine import MachineProbe
from harness.probes.outside import Outside, Probing
from harness.probes.reading import Reading
from results.ledger import Ledger
from tests.results import made_up

UNREAD = 60


class Looks:
    """Stands in for the maps of a consumer: at each look something more is lost, and so many events wait."""

    record_bytes, overwritten = 1024, 0

    def __init__(self, capacity: int) -> None:
        self.capacity, self._lost = capacity, 0

    def counters(self) -> Counters:
        self._lost += 1
        return Counters(observed=100, submitted=0, reserve_failed=self._lost, aggregated=0, map_full=0, checksum=0)

    unread_records = UNREAD


@pytest.mark.parametrize(("capacity", "bouts"), [(100, 1), (1000, 3)], ids=["still full", "caught up each time"])
def test_a_bout_of_loss_lasts_until_the_channel_is_half_empty_by_its_own_events(capacity: int, bouts: int) -> None:
    """A ring of 1 MiB holds 32,768 events of ours, and a thousand of a program whose events take 1 KiB."""
    looks: Any = Looks(capacity)
    setting = made_up.setting()
    machine = MachineProbe({0})
    with Outside(setting, looks, Probing(), consumer=os.getpid(), programs=(), others=(), machine=machine) as outside:
        for _ in range(4):
            outside.sample()
        ledger = Ledger(observed=100, consumed=90, unread=0)
        found = outside.complete(Reading(series={"gc_total": (), "gc_pauses": []}), ledger, 1)
    assert found.metrics["loss_bouts"] == bouts
