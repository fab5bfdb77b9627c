"""The BPF ring buffer."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bpf.channel import Bcc, OnRecord, RecordChannel, Source, Take
from bpf.ring import SAMPLE_BYTES, Ring, RingPositions, ring_capacity, stride
from bpf.ring_calls import RingCalls
from results.errors import BadInput

if TYPE_CHECKING:
    from bpf.block import Memory
    from bpf.fields import Record

# enum of include/uapi/linux/bpf.h: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP
_WAKEUP_FLAGS = {"adaptive": 0, "none": 1, "force": 2}


def check_ring_size(size_bytes: int) -> None:
    """Raise BadInput for a size that the kernel would refuse."""
    page = mmap.PAGESIZE
    if size_bytes < page or size_bytes & (size_bytes - 1):
        near = max(page, 1 << max(0, size_bytes - 1).bit_length())
        raise BadInput(f"ring size {size_bytes} is not the page size ({page}) times a power of two; the next is {near}")
    if size_bytes > 1 << 30:
        raise BadInput(f"ring size {size_bytes} is above 1 GiB ({1 << 30}), the largest that is supported")


def wakeup_flag(wakeup: str) -> str:
    """Return the definition by which the program notifies a consumer."""
    flag = _WAKEUP_FLAGS.get(wakeup)
    return f"-DWAKEUP_BYTES={int(wakeup)}" if flag is None else f"-DWAKEUP_FLAGS={flag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RingChannel(RecordChannel):
    """One ring for all CPUs: in order of reservation; when full, refuses new events; wakes the consumer."""

    name = "ring"
    map_name = "events"
    events_name = "events"
    counts = frozenset({"submitted", "reserve_failed", "checksum"})
    readers = ("batch", "callback", "compiled")

    size_bytes: int = 1 << 20
    wakeup: str = "adaptive"
    """When the kernel notifies a consumer that waits: adaptive (as it sees fit), none, force (each time), or bytes."""

    def __post_init__(self) -> None:
        check_ring_size(self.size_bytes)

    @classmethod
    def of(cls, *, size_bytes: int | None, wakeup: str | None, when_full: str | None = None) -> Self:  # noqa: ARG003
        assert size_bytes is not None
        return cls(size_bytes=size_bytes, wakeup=wakeup or "adaptive")

    @property
    def flags(self) -> list[str]:
        return [f"-DRING_PAGES={self.size_bytes // mmap.PAGESIZE}", wakeup_flag(self.wakeup)]

    @property
    def capacity(self) -> int:
        return ring_capacity(self.size_bytes, self.record_bytes)

    def positions(self, map_fd: int, _carriers: Sequence[int]) -> RingPositions:
        return RingPositions(map_fd, self.record_bytes)

    check_size = staticmethod(check_ring_size)

    @staticmethod
    def size_for(records: int, sample_bytes: int = SAMPLE_BYTES) -> int:
        # One byte must stay free, hence one record.
        return max(mmap.PAGESIZE, 1 << ((records + 1) * stride(sample_bytes) - 1).bit_length())

    def runs(self, carriers: Sequence[int], take: Take, own: Record | None = None) -> Sequence[Source]:
        from bpf.ring_runs import RingRuns  # noqa: PLC0415 - numpy, which doctor does without

        return [RingRuns(Ring(carriers[0], self.size_bytes), take, own=own)]

    def memories(self, carriers: Sequence[int]) -> Sequence[Memory]:
        from bpf.ring_runs import memory_of  # noqa: PLC0415 - as above

        return [memory_of(Ring(carriers[0], self.size_bytes))]

    def calls(self, program: Bcc, on_record: OnRecord) -> Source:
        return RingCalls(program, on_record, self.record_bytes)
