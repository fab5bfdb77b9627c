"""The perf buffer of bcc's BPF_PERF_OUTPUT, a buffer for each CPU, whose events are opened here (bpf/perf.py)."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bpf import syscalls
from bpf.channel import Bcc, OnRecord, Source, Take
from bpf.cpus import online_cpus
from bpf.percpu import PercpuChannel
from bpf.perf import PerfBuffer, PerfPositions, open_event, record_bytes
from bpf.ring import SAMPLE_BYTES

if TYPE_CHECKING:
    from bpf.block import Kind, Memory
    from bpf.fields import Record

# At a quarter full it wakes, unless told otherwise: the rest is for what comes until the consumer is there.
_SHARE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PerfChannel(PercpuChannel):
    """A perf buffer for each CPU: in order within a CPU; when full, refuses new events; wakeups at a quarter full."""

    name = "perf"
    map_name = "events"
    events_name = "events"
    found_by_id: ClassVar[bool] = False
    stays_ready: ClassVar[bool] = False
    machine_kind: ClassVar[Kind] = "perf"

    wakeup: str = "adaptive"
    """When the kernel notifies: adaptive (at a quarter full), none (at most once a full buffer), force, or bytes."""

    @property
    def flags(self) -> list[str]:
        return ["-DPERF"]

    @property
    def capacity(self) -> int:
        return (self.buffer_bytes - 1) // self.record_bytes

    @property
    def record_bytes(self) -> int:
        return record_bytes(self.sample_bytes)

    @staticmethod
    def size_for(records: int, sample_bytes: int = SAMPLE_BYTES) -> int:
        # One byte stays free.
        return max(mmap.PAGESIZE, 1 << (records * record_bytes(sample_bytes)).bit_length()) * len(online_cpus())

    @property
    def _wakeup_bytes(self) -> int | None:
        size = self.buffer_bytes
        named = {"adaptive": size // _SHARE, "none": size, "force": None}
        return named[self.wakeup] if self.wakeup in named else int(self.wakeup)

    def set_up(self, map_fd: Callable[[str], int], undo: ExitStack) -> Sequence[int]:
        events = []
        for cpu in online_cpus():
            events.append(open_event(cpu, wakeup_bytes=self._wakeup_bytes))
            undo.callback(os.close, events[-1])
            # The memory is there for as long as anybody maps it.
            undo.enter_context(mmap.mmap(events[-1], mmap.PAGESIZE + self.buffer_bytes))
            syscalls.update(map_fd(self.map_name), cpu, events[-1].to_bytes(4, sys.byteorder))
        return events

    def positions(self, _map_fd: int, carriers: Sequence[int]) -> PerfPositions:
        return PerfPositions(carriers, self.buffer_bytes, self.record_bytes)

    def runs(self, carriers: Sequence[int], take: Take, own: Record | None = None) -> Sequence[Source]:
        from bpf.perf_runs import PerfRuns  # noqa: PLC0415 - numpy, which doctor does without

        return [PerfRuns(PerfBuffer(event, self.buffer_bytes), take, event, own=own) for event in carriers]

    def memories(self, carriers: Sequence[int]) -> Sequence[Memory]:
        from bpf.perf_runs import memory_of  # noqa: PLC0415 - as above

        return [memory_of(PerfBuffer(event, self.buffer_bytes), event) for event in carriers]

    def calls(self, program: Bcc, on_record: OnRecord) -> Source:
        from bpf.perf_calls import PerfCalls  # noqa: PLC0415 - as above

        return PerfCalls(program.carriers, self.buffer_bytes, on_record, program.record)
