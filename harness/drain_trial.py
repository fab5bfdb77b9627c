"""A drain trial: how fast is the consumer alone, whatever the load?"""

from contextlib import ExitStack
from datetime import UTC, datetime

from harness import account
from harness.channel import channel_of
from harness.messages import Bye, Go, Maps
from harness.probes.machine import MachineProbe
from harness.probes.observer import Observer
from harness.probes.outside import Outside, Probing
from harness.trial import Identity, Place
from harness.workers import Consumer, Start, endings, ready, remarks, start_consumer
from results.ledger import Ledger
from results.trial import Setting, Trial


def run_drain_trial(
    setting: Setting,
    *,
    identity: Identity,
    place: Place,
    output_fd: int | None,
    probing: Probing,
    start: Start = start_consumer,
) -> Trial:
    """Fill the channel with synthetic records while the consumer is stopped, then time how it empties it."""
    assert setting.drain_records is not None
    started_at = datetime.now(UTC)
    machine = MachineProbe({place.consumer_cpu})
    with ExitStack() as stack:
        consumer = start(setting, None, place, output_fd, probing)
        stack.enter_context(consumer)
        maps = ready(consumer, Maps)
        observer = stack.enter_context(Observer(maps, channel_of(setting), consumer.pid))
        outside = stack.enter_context(
            Outside(
                setting,
                observer,
                probing,
                consumer=consumer.pid,
                programs=maps.programs,
                others=(),
                machine=machine,
            )
        )
        finish = drained(consumer, observer, outside, output_fd)
        consumer.send(Bye())
    ledger, wrong = judged(setting, finish)
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


def drained(consumer: Consumer, observer: Observer, outside: Outside, output_fd: int | None = None) -> account.Finish:
    """Have a consumer that is ready empty its full channel."""
    outside.start()
    consumer.send(Go())
    return account.finish(consumer, observer, outside, output_fd)


def judged(setting: Setting, finish: account.Finish) -> tuple[Ledger, list[str]]:
    """Close the ledger, and say what is wrong."""
    records = setting.drain_records
    ledger = account.balance(setting, finish, sent=records, refused=0, drops_expected=records)
    if wrong := endings(finish.done):  # the rest follows from it
        return ledger, wrong
    wrong = [*ledger.imbalance(), *account.untrue(ledger, finish.reading)]
    if ledger.lost:
        wrong.append(f"the channel had no room for {ledger.lost} of the {records} records to be drained")
    return ledger, wrong
