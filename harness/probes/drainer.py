"""A consumer process that drains again and again, with probes and without: all else stays as it is in between.

Its messages: `ready` with the map ids; for each `drain` (the probes to leave out) `filled`, and after `go`
`cpu_ns_per_event`; `failed` when it cannot start.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass

from bpf import syscalls
from bpf.channels.ring import Ring, RingChannel
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program
from bpf.readers.batch import BatchReader
from bpf.readers.callback import CallbackReader
from bpf.synthetic import Emitter
from harness.consumer.waits import Consumes
from harness.control import Message, Parent
from harness.messages import Failed, Go, Maps, Ready
from harness.probes.inside import Panel
from modes import Kit
from modes.epoll import Epoll
from results.trial import Setting


@dataclass(frozen=True, kw_only=True)
class DrainerSpec(Message):
    """What is drained, and on which CPU."""

    setting: Setting
    cpu: int | None


@dataclass(frozen=True, kw_only=True)
class Drain(Message):
    """Fill the ring, and drain it without these probes; None: no more."""

    without: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Drained(Message):
    """What it took."""

    cpu_ns_per_event: float


def main(arguments: list[str]) -> int:
    parent = Parent(arguments)
    spec = parent.receive(DrainerSpec)
    try:
        _serve(parent, spec.setting, spec.cpu)
    except CannotRun as error:
        parent.send(Failed(what=error.what, cure=error.cure))
    return 0


def _serve(parent: Parent, setting: Setting, cpu: int | None) -> None:
    assert setting.ring_size_bytes is not None
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    with Program(
        LoadOptions(channel=RingChannel(size_bytes=setting.ring_size_bytes, wakeup="none"), synthetic=True)
    ) as program:
        mode = Epoll(Kit(events=program.events))
        channel: Consumes
        if setting.reader == "callback":
            channel = CallbackReader(program, mode.on_record)
        else:
            channel = BatchReader(Ring(program.map_fd("events"), setting.ring_size_bytes), mode.take)
        emitter = Emitter(program.emit_fd, program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys"))
        emitter.set_keys([(0xFFFFFFFF81000000, 1, 3)])
        counters, events = (syscalls.map_id(program.map_fd(name)) for name in ("counters", "events"))
        parent.send(Maps(program=syscalls.program_info(program.on_drop_fd).id, counters=counters, channel=events))
        while (without := parent.receive(Drain).without) is not None:
            emitter.emit(setting.drain_records or 0)
            parent.send(Ready())
            parent.receive(Go)
            parent.send(Drained(cpu_ns_per_event=_drain(setting, mode, channel, without)))


def _drain(setting: Setting, mode: Epoll, channel: Consumes, without: Collection[str]) -> float:
    """Empty the ring under the probes that are not left out. Raises ValueError when records are missing."""
    mode.consumed = 0
    panel = Panel(setting, mode, without=without)
    panel.start()
    while channel.consume():
        pass
    reading = panel.stop(mode.consumed)
    if mode.consumed != setting.drain_records:
        raise ValueError(f"{mode.consumed} of {setting.drain_records} records were drained")
    return reading.metrics["cpu_ns_per_event"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
