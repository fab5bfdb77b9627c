"""What the probes of the timed pass cost: drains with them and without, interleaved, compared block by block."""

import random
import sys
from dataclasses import dataclass
from functools import partial

from bpf.errors import CannotRun
from harness.channel import channel_of
from harness.clock import Clock
from harness.doctor import Finding
from harness.drain_trial import drained, judged
from harness.machine.streams import redraw, redraws
from harness.messages import Again, Bye, Maps, Ready
from harness.plan import drain_setting
from harness.probes.inside import TIMED
from harness.probes.machine import MachineProbe
from harness.probes.observer import Observer
from harness.probes.outside import SAMPLER, Outside, Probing
from harness.trial import Place, choose_place
from harness.wishes import Wishes
from harness.workers import Consumer, ready, start_consumer
from results.statistics.spread import Spread, spread
from results.trial import Setting

LIMIT = 0.01
"""A probe that adds more than this part to the CPU time per event does not belong into the timed pass."""
BLOCKS = 40

# CPU time itself is the ruler, read by two system calls outside the work; it cannot be left out.
PROBES = (*TIMED, SAMPLER)
EVERYTHING = "all of them"

SETTINGS = (
    drain_setting("epoll", 8_000_000, Wishes(reader="batch")),
    drain_setting("epoll", 100_000, Wishes(reader="callback")),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a probe adds to the CPU time per event, as a part of it: one value per block."""

    probe: str
    setting: Setting
    added: Spread


def measure(setting: Setting, blocks: int = BLOCKS) -> list[Cost]:
    """Measure each probe alone, and all together, against none, telling on stderr how far it is. Raises CannotRun.

    One process drains again and again: two processes differ by more than a probe costs.
    """
    variants = {"": PROBES, EVERYTHING: ()}
    variants |= {probe: tuple(other for other in PROBES if other != probe) for probe in PROBES}
    order = random.Random(1)
    added: dict[str, list[float]] = {name: [] for name in variants if name}
    place = choose_place()
    with (
        start_consumer(setting, None, place, None, Probing()) as consumer,
        Observer(ready(consumer, Maps), channel_of(setting), consumer.pid) as observer,
    ):
        drain = partial(_drain, setting, consumer, observer, place)
        drain(())  # warms caches up
        clock = Clock()
        for block in range(blocks):
            _tell(clock, block, blocks)
            cpu = {}
            for name in order.sample(list(variants), len(variants)):
                consumer.send(Again(without=variants[name]))
                ready(consumer, Ready)
                cpu[name] = drain(variants[name])
            for name, values in added.items():
                values.append(cpu[name] / cpu[""] - 1)
            clock.made()
        _tell(clock, blocks, blocks)
        consumer.send(Bye())
    return [Cost(name, setting, found) for name, values in added.items() if (found := spread(values))]


def _drain(setting: Setting, consumer: Consumer, observer: Observer, place: Place, without: tuple[str, ...]) -> float:
    """Have the full ring emptied; return the CPU time per event in ns."""
    machine = MachineProbe({place.consumer_cpu})
    with Outside(
        setting, observer, Probing(without=without), consumer=consumer.pid, programs=(), others=(), machine=machine
    ) as outside:
        finish = drained(consumer, observer, outside)
    _ledger, wrong = judged(setting, finish)
    if wrong:
        raise CannotRun(f"cannot measure the probes: {wrong[0]}", "run `bench doctor`, then try again")
    return finish.reading.metrics["cpu_ns_per_event"]


_CURE = "measure on an idle machine; if it stays, do not compare results of this machine with others'"


def probe_costs() -> list[Finding]:
    """Measure each probe under each reader. Raises CannotRun."""
    return [finding(cost) for setting in SETTINGS for cost in measure(setting)]


def finding(cost: Cost) -> Finding:
    """Say what a probe adds to the CPU time per event, with the interval of the median."""
    added = cost.added
    what = (
        f"probe {cost.probe}: {added.median:+.2%} CPU time per event ({added.low:+.2%} to {added.high:+.2%}, "
        f"{len(added.values)} interleaved blocks of {cost.setting.drain_records:,} drained by {cost.setting.reader})"
    )
    if added.median < LIMIT:
        return Finding(level="fine", what=what)
    return Finding(level="warning", what=f"{what}, above the limit of {LIMIT:.0%}", cure=_CURE)


def _tell(clock: Clock, done: int, blocks: int) -> None:
    if redraws(sys.stderr):
        redraw(f"[{done + 1}/{blocks}] {clock.told(blocks - done)}" if done < blocks else "")
