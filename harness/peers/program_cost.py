"""What the program costs per event: builds of it observe the same drops at once, and the kernel times each run."""

import os
import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from bpf import syscalls
from bpf.channels.map import MapChannel
from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.ring import Ring
from harness.load_trial import START_DELAY_NS
from harness.messages import Go, Ready, Sent
from harness.workers import READY_TIMEOUT_S, Traffic, endings, last_words, ready, start_generator
from results.peers import EMPTY, LIVE_RING_BYTES
from results.trial import Setting

_LOOK_S = 0.001


def builds(tag: bytes) -> Mapping[str, LoadOptions]:
    """List what is timed, by its name: parts of the program, and the whole with and without its filter."""
    ring = LoadOptions(channel=RingChannel(size_bytes=LIVE_RING_BYTES, wakeup="none"))
    counting = LoadOptions(channel=MapChannel())
    return {
        EMPTY: replace(counting, entry="only_return"),
        "program-only-filter": replace(counting, entry="only_filter", tag=tag),
        "program-only-hash": replace(counting, entry="only_hash"),
        "program-aggregate": counting,
        "program-aggregate-tagged": replace(counting, tag=tag),
        "program-ring": ring,
        "program-ring-tagged": replace(ring, tag=tag),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """How often a build ran, on anyone's drops, and for how long; `wrong` says what went wrong meanwhile."""

    started_at: datetime
    runs: int
    spent_ns: int
    wrong: tuple[str, ...]


class ProgramTimer(ExitStack):
    """Loads every build, as a context manager."""

    def __init__(self, tag: bytes) -> None:
        super().__init__()
        self._tag = tag
        self._programs: dict[str, Program] = {}

    def __enter__(self) -> Self:
        for mode, options in builds(self._tag).items():
            self._programs[mode] = self.enter_context(Program(options))
        self._rings = [
            Ring(program.channel_fd, program.options.channel.size_bytes)
            for program in self._programs.values()
            if isinstance(program.options.channel, RingChannel)
        ]
        return self

    def block(self, setting: Setting, traffic: Traffic, seed: int, generator_cpu: int | None) -> dict[str, Timed]:
        """Attach all in a random order, send for as long as a setting says, and return what each took."""
        started_at = datetime.now(UTC)
        programs = self._programs
        with ExitStack() as stack:
            generator = stack.enter_context(start_generator(setting, traffic, seed, generator_cpu))
            ready(generator, Ready)
            stack.callback(os.close, syscalls.enable_statistics())
            for mode in random.Random(seed).sample(list(programs), len(programs)):
                programs[mode].attach()
                stack.callback(programs[mode].detach)
            before = {mode: syscalls.program_info(program.on_drop_fd) for mode, program in programs.items()}
            generator.send(Go(at_ns=time.monotonic_ns() + START_DELAY_NS))
            deadline = time.monotonic() + (setting.duration_s or 0) + READY_TIMEOUT_S
            while not generator.pending() and time.monotonic() < deadline:
                for ring in self._rings:  # released unread: a consumer that costs nothing
                    ring.consumer[0] = ring.producer[0]
                time.sleep(_LOOK_S)
            wrong = endings(last_words(generator, Sent))
            after = {mode: syscalls.program_info(program.on_drop_fd) for mode, program in programs.items()}
        return {
            mode: Timed(
                started_at=started_at,
                runs=after[mode].run_count - before[mode].run_count,
                spent_ns=after[mode].run_time_ns - before[mode].run_time_ns,
                wrong=tuple(wrong),
            )
            for mode in programs
        }
