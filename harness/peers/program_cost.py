"""What the program costs an event: its variants observe the same drops at once, and the kernel times each run."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bpf import syscalls
from bpf.channels.map import MapChannel
from bpf.channels.ring import Ring, RingChannel
from bpf.program import LoadOptions, Program
from harness.control import WorkerDied
from harness.peers.load import Load
from harness.trial import Identity
from results.ledger import Ledger
from results.trial import Setting, Trial

RUN_S = 0.25
RING_BYTES = 1 << 20
REFERENCE = "program-only-return"


@dataclass(frozen=True, slots=True)
class Variant:
    """A program to be timed; `reference` names the one that its cost, less the empty program's, is held to."""

    mode: str
    options: LoadOptions
    reference: str | None = None

    def setting(self, kind: str) -> Setting:
        channel = self.options.channel
        ring = channel if isinstance(channel, RingChannel) and self.options.entry == "on_drop" else None
        return Setting(
            mode=self.mode,
            reader=None,
            wait="interval",
            traffic=kind,
            pass_="kernel",
            wakeup=None if ring is None else ring.wakeup,
            channel=channel.name,
            ring_size_bytes=None if ring is None else ring.size_bytes,
            duration_s=RUN_S,
        )


def variants(tag: bytes) -> list[Variant]:
    """List what is timed: parts of the program, and the whole with and without its filter."""
    ring = LoadOptions(channel=RingChannel(size_bytes=RING_BYTES, wakeup="none"))
    counting = LoadOptions(channel=MapChannel())
    return [
        Variant(REFERENCE, replace(counting, entry="only_return")),
        Variant("program-only-filter", replace(counting, entry="only_filter", tag=tag)),
        Variant("program-only-hash", replace(counting, entry="only_hash")),
        Variant("program-aggregate", counting, reference="program-only-hash"),
        Variant("program-aggregate-tagged", replace(counting, tag=tag), reference="program-only-hash"),
        Variant("program-ring", ring),
        Variant("program-ring-tagged", replace(ring, tag=tag)),
    ]


class CostBench:
    """Loads every variant, as a context manager."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._stack = ExitStack()
        self.variants: Sequence[Variant] = variants(load.tag)

    def __enter__(self) -> CostBench:
        self._programs = [(variant, self._stack.enter_context(Program(variant.options))) for variant in self.variants]
        self._rings = [
            Ring(program.channel_fd, program.options.channel.size_bytes)
            for _, program in self._programs
            if isinstance(program.options.channel, RingChannel)
        ]
        return self

    def _empty_rings(self) -> None:
        """Release all that is in the rings, unread: a consumer that costs nothing."""
        for ring in self._rings:
            ring.consumer[0] = ring.producer[0]

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def block(self, identities: Sequence[Identity], seed: int) -> list[Trial]:
        """Attach all in a random order, send, and return a trial of each."""
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        died: tuple[str, ...] = ()
        order = random.Random(seed).sample(self._programs, len(self._programs))
        with self._load.ready(RUN_S) as generator, ExitStack() as stack:
            statistics = syscalls.enable_statistics()
            stack.callback(os.close, statistics)
            before = {}
            for variant, program in order:
                program.attach()
                stack.callback(program.detach)
                before[variant.mode] = syscalls.program_info(program.on_drop_fd)
            try:
                self._load.send(generator, RUN_S, self._empty_rings)
            except WorkerDied as error:
                died = (str(error),)
            after = {variant.mode: syscalls.program_info(program.on_drop_fd) for variant, program in order}
        trials = []
        for identity, (variant, _) in zip(identities, self._programs, strict=True):
            mode = variant.mode
            runs = after[mode].run_count - before[mode].run_count
            spent_ns = after[mode].run_time_ns - before[mode].run_time_ns
            trials.append(_trial(variant.setting(self._load.kind.name), identity, started_at, runs, spent_ns, died))
        return trials


def _trial(  # noqa: PLR0917 - what a trial is made of
    setting: Setting, identity: Identity, started_at: str, runs: int, spent_ns: int, died: tuple[str, ...]
) -> Trial:
    """Make a trial whose events are the program's runs, anyone's drops: what counts is the time of one."""
    return Trial(
        session=identity.session,
        number=identity.number,
        block=identity.block,
        started_at=started_at,
        setting=setting,
        ledger=Ledger(observed=runs, aggregated=runs, map_full=0, consumed=runs, unread=0),
        first_offered_ns=0,
        last_offered_ns=0,
        last_consumed_ns=0,
        metrics={"program_ns_per_event": spent_ns / runs} if runs else {},
        invalid_because=died or (() if runs else ("the program never ran",)),
    )
