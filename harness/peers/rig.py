"""How the trials of `bench peers` are run: on one ring that all share, by C, by tools, or by builds of the program."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Self

from bpf.channels.ring import RingChannel
from harness import account
from harness.consumer.command import Recipe
from harness.peers.c_program import CProgram
from harness.peers.program_cost import ProgramTimer, Timed
from harness.peers.ring import SharedRing
from harness.rig import Rig, starting
from harness.trial import Identity, OnProgress, Place
from harness.workers import Start, Traffic, start_consumer
from results.ledger import Ledger
from results.peers import is_c, part_of
from results.trial import Setting, Trial
from traffic.discovery import load_kind
from traffic.synthetic import usual_keys

# A line of text is rarely longer: room for what a drain trial writes, made before anything is timed.
LINE_BYTES = 128


class PeersRig(Rig):
    """A rig whose consumers share a ring; all write to one file in memory, from its beginning in each trial.

    `c_program` is None where no contender is in C; `tools` are the recipes of those that take part.
    """

    def __init__(
        self,
        *,
        records: int,
        c_program: CProgram | None,
        tools: Mapping[str, Recipe],
        **of_session: Any,
    ) -> None:
        """Take what any rig takes, too."""
        super().__init__(**of_session)
        self._room = records * LINE_BYTES
        self._c_program = c_program
        self._tools = tools
        self._ring: SharedRing | None = None
        self._timer: ProgramTimer | None = None
        self._timed: dict[int, dict[str, Timed]] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        # In memory and with all its pages: what a disk or new pages cost is not the consumer's.
        self.memory = os.memfd_create("bench-peers")
        self.callback(os.close, self.memory)
        for begin in range(0, self._room, 1 << 24):
            os.pwrite(self.memory, bytes(1 << 24), begin)
        return self

    def _run(self, setting: Setting, identity: Identity, place: Place, on_progress: OnProgress) -> Trial:
        if part_of(setting) != "program":
            return super()._run(setting, identity, place, on_progress)
        if setting.mode not in self._timed.get(identity.block, {}):
            self._timed = {identity.block: self._time(setting, identity, place)}
        timed = self._timed[identity.block].pop(setting.mode)
        runs = timed.runs
        return account.stated(
            setting,
            identity,
            Ledger(observed=runs, aggregated=runs, map_full=0, consumed=runs, unread=0),
            started_at=timed.started_at,
            wrong=timed.wrong or (() if runs else ("the program never ran",)),
            metrics={"program_ns_per_event": timed.spent_ns / runs} if runs else {},
        )

    def _time(self, setting: Setting, identity: Identity, place: Place) -> dict[str, Timed]:
        """Time all builds of a block at once."""
        kind, bed = load_kind(setting.traffic), self._testbed()
        if self._timer is None:
            self._timer = self.enter_context(ProgramTimer(kind.tag(bed)))
        with kind.installed(bed) as frames:
            traffic = Traffic(kind=kind, bed=bed, frames=frames)
            return self._timer.block(setting, traffic, identity.seed, place.generator_cpu)

    @contextlib.contextmanager
    def _consumers(self, setting: Setting) -> Iterator[tuple[Start, Callable[[], None] | None]]:
        if setting.mode in self._tools:
            yield starting(self._tools[setting.mode]), None
        elif setting.channel not in ("ring", "map"):
            with super()._consumers(setting) as own:
                yield own
        elif setting.drain_records is not None:
            ring = self._drain_ring(setting)
            ring.fill(self._keys, setting.drain_records)
            yield self._start(setting, ring), None
        else:
            tag = load_kind(setting.traffic).tag(self._testbed())
            with SharedRing(_ring_of(setting), tag=tag) as ring:
                ring.attach()
                yield self._start(setting, ring), ring.detach

    def _drain_ring(self, setting: Setting) -> SharedRing:
        """Make the ring at the first drain; the others find it as the first did."""
        if self._ring is None:
            self._ring = self.enter_context(SharedRing(_ring_of(setting)))
            self._keys = usual_keys()
        return self._ring

    def _start(self, setting: Setting, ring: SharedRing) -> Start:
        if not is_c(setting):
            return partial(start_consumer, shared=ring.maps)
        assert self._c_program is not None
        return starting(self._c_program.recipe(setting, ring.maps, self.memory))

    def _output(self, setting: Setting, number: int) -> AbstractContextManager[int | None]:  # noqa: ARG002 - one for all
        os.lseek(self.memory, 0, os.SEEK_SET)
        return contextlib.nullcontext(self.memory)


def _ring_of(setting: Setting) -> RingChannel:
    return RingChannel.of(size_bytes=setting.ring_size_bytes, wakeup=setting.wakeup or "none")
