"""A drain trial: how fast is the consumer alone, whatever the load?"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime

from harness import account
from harness.messages import Go, Maps
from harness.probes.machine import MachineProbe
from harness.probes.observer import Observer
from harness.probes.outside import Outside, Probing
from harness.trial import Identity, Place
from harness.workers import endings, ready, remarks, start_consumer
from results.trial import Setting, Trial


def run_drain_trial(
    setting: Setting, *, identity: Identity, place: Place, output_fd: int | None, probing: Probing
) -> Trial:
    """Fill the channel with synthetic records while the consumer is stopped, then time how it empties it."""
    assert setting.drain_records is not None
    started_at = datetime.now(UTC)
    machine = MachineProbe({place.consumer_cpu})
    with ExitStack() as stack:
        consumer = stack.enter_context(start_consumer(setting, None, place, output_fd, probing))
        maps = ready(consumer, Maps)
        observer = stack.enter_context(Observer(maps, setting.channel))
        outside = stack.enter_context(
            Outside(
                setting,
                observer,
                probing,
                consumer=consumer.pid,
                program=maps.program,
                others=(),
                machine=machine,
            )
        )
        outside.start()
        consumer.send(Go())
        finish = account.finish(consumer, observer, outside, output_fd)
    records = setting.drain_records
    ledger = account.balance(setting, finish, sent=records, refused=0, drops_expected=records)
    wrong = endings(finish.done) + ledger.imbalance()
    if ledger.lost:
        wrong.append(f"the channel had no room for {ledger.lost} of the {records} records to be drained")
    return account.close(
        setting,
        identity,
        outside,
        finish,
        ledger,
        started_at=started_at,
        first_ns=finish.done.began_ns,
        last_ns=finish.done.began_ns,
        wrong=wrong,
        warnings=remarks(consumer, finish.done),
    )
