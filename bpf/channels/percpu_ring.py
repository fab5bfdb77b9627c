"""A BPF ring buffer for each CPU, found by the program in an array of maps.

An array takes any number of rings without another text of the program, and its memory is made for the CPUs that there
are; rings named in the source would have to be compiled in, one by one, with a branch for each.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bpf import syscalls
from bpf.channel import Bcc, OnRecord, Source, Take
from bpf.channels.ring import RingChannel, wakeup_flag
from bpf.cpus import online_cpus
from bpf.percpu import PercpuChannel
from bpf.ring import SAMPLE_BYTES, Ring, RingPositions, ring_capacity
from bpf.ring_calls import RingCalls

if TYPE_CHECKING:
    from bpf.block import Memory
    from bpf.fields import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PercpuRingChannel(PercpuChannel):
    """A ring for each CPU: in order within a CPU; when one is full, refuses its new events; wakes the consumer."""

    name = "percpu-ring"
    map_name = "rings"
    events_name = "events"

    @property
    def flags(self) -> list[str]:
        return [f"-DRINGS={max(online_cpus()) + 1}", wakeup_flag(self.wakeup)]

    @property
    def capacity(self) -> int:
        return ring_capacity(self.buffer_bytes, self.record_bytes)

    @staticmethod
    def size_for(records: int, sample_bytes: int = SAMPLE_BYTES) -> int:
        return RingChannel.size_for(records, sample_bytes) * len(online_cpus())

    def set_up(self, map_fd: Callable[[str], int], undo: ExitStack) -> Sequence[int]:
        made = []
        for cpu in online_cpus():
            made.append(syscalls.make_ring(self.buffer_bytes))
            undo.callback(os.close, made[-1])
            syscalls.update(map_fd(self.map_name), cpu, made[-1].to_bytes(4, sys.byteorder))
        return made

    def positions(self, map_fd: int, _carriers: Sequence[int]) -> Positions:
        return Positions(map_fd, self.record_bytes)

    def runs(self, carriers: Sequence[int], take: Take, own: Record | None = None) -> Sequence[Source]:
        from bpf.ring_runs import RingRuns  # noqa: PLC0415 - numpy, which doctor does without

        return [RingRuns(Ring(carrier, self.buffer_bytes), take, own=own) for carrier in carriers]

    def memories(self, carriers: Sequence[int]) -> Sequence[Memory]:
        from bpf.ring_runs import memory_of  # noqa: PLC0415 - as above

        return [memory_of(Ring(carrier, self.buffer_bytes)) for carrier in carriers]

    def calls(self, program: Bcc, on_record: OnRecord) -> Source:
        return RingCalls(program, on_record, self.record_bytes)


class Positions:
    """Those of all rings in the array."""

    overwritten = 0

    def __init__(self, map_fd: int, record_bytes: int) -> None:
        self._rings = [RingPositions(ring, record_bytes) for ring in _rings(map_fd)]

    @property
    def unread_records(self) -> int:
        return sum(ring.unread_records for ring in self._rings)

    def close(self) -> None:
        for ring in self._rings:
            ring.close()


def _rings(map_fd: int) -> Iterator[int]:
    """Open the rings one after the other, each until the next is asked for: a mapping keeps it."""
    identity = ctypes.create_string_buffer(4)
    for cpu in online_cpus():
        syscalls.lookup(map_fd, cpu, identity)
        ring = syscalls.open_map(int.from_bytes(identity.raw, sys.byteorder))
        yield ring
        os.close(ring)
