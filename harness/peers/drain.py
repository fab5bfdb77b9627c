"""Drain trials on the shared ring: filled to the same mark each time, emptied by one contender after another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from bpf.clock import realtime_offset_ns
from harness.control import WorkerDied
from harness.peers.contender import Contender, CProgram
from harness.peers.outcome import Outcome, Task
from harness.peers.ring import SharedRing
from harness.trial import Identity
from results.ledger import Ledger
from results.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the trials share. `output_fd` is a file in memory: written anew from its beginning in each trial."""

    ring: SharedRing
    c_program: CProgram | None
    output_fd: int
    cpu: int | None


def drain_trial(bench: Bench, contender: Contender, identity: Identity) -> Trial:
    """Fill the ring, let the contender empty it, and close the ledger. Raises CannotRun when it cannot start."""
    setting = contender.setting
    assert setting.drain_records is not None
    started_at = datetime.now(UTC)
    os.lseek(bench.output_fd, 0, os.SEEK_SET)
    bench.ring.begin()
    bench.ring.fill(setting.drain_records)
    task = Task(
        setting=setting,
        ring_id=bench.ring.id,
        output_fd=bench.output_fd,
        realtime_offset_ns=realtime_offset_ns(),
        cpu=bench.cpu,
    )
    wrong: list[str] = []
    outcome: Outcome | None = None
    with contender.start(task, bench.c_program) as consumer:
        consumer.begin()
        try:
            outcome = consumer.finish()
        except WorkerDied as error:
            wrong.append(str(error))
    ledger = close_ledger(bench.ring, outcome, sent=setting.drain_records)
    wrong += ledger.imbalance()
    if ledger.lost:
        wrong.append(f"the ring had no room for {ledger.lost} of the {setting.drain_records} records to be drained")
    return Trial(
        session=identity.session,
        number=identity.number,
        block=identity.block,
        started_at=started_at.isoformat(timespec="milliseconds"),
        setting=setting,
        ledger=ledger,
        first_offered_ns=outcome.began_ns if outcome else 0,
        last_offered_ns=outcome.began_ns if outcome else 0,
        last_consumed_ns=outcome.last_consumed_ns if outcome else 0,
        metrics={"cpu_s": outcome.cpu_s} if outcome else {},
        invalid_because=tuple(wrong),
    )


def close_ledger(ring: SharedRing, outcome: Outcome | None, *, sent: int, drops_expected: int | None = None) -> Ledger:
    """Balance what the program counted with what the consumer said; None: it died."""
    counted = ring.counted()
    return Ledger(
        sent=sent,
        refused=0,
        observed=counted.observed,
        drops_expected=drops_expected,
        submitted=counted.submitted,
        reserve_failed=counted.reserve_failed,
        consumed=outcome.consumed if outcome else None,
        unread=ring.unread_records if outcome else None,
        checksum=counted.checksum,
        checksum_read=outcome.checksum_read if outcome else None,
    )
