"""What channels with a buffer for each CPU share: how a size is parted, and which sizes there are."""

import mmap
from dataclasses import dataclass
from typing import Self

from bpf.channel import RecordChannel
from bpf.channels.ring import RingChannel
from bpf.cpus import online_cpus
from results.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class PercpuChannel(RecordChannel):
    """A buffer, of a power of two bytes, for each CPU that is online when the program is loaded."""

    counts = RingChannel.counts
    readers = RingChannel.readers

    size_bytes: int = 1 << 20
    """Of all buffers together: each is the largest that fits."""
    wakeup: str = "adaptive"

    def __post_init__(self) -> None:
        self.check_size(self.size_bytes)

    @classmethod
    def of(cls, *, size_bytes: int | None, wakeup: str | None, when_full: str | None = None) -> Self:  # noqa: ARG003
        assert size_bytes is not None
        return cls(size_bytes=size_bytes, wakeup=wakeup or "adaptive")

    @property
    def buffer_bytes(self) -> int:
        """Of one CPU's buffer."""
        return 1 << (self.size_bytes // len(online_cpus())).bit_length() - 1

    @staticmethod
    def check_size(size_bytes: int) -> None:
        cpus, page = len(online_cpus()), mmap.PAGESIZE
        if size_bytes < cpus * page:
            raise BadInput(f"{size_bytes} bytes are no page of {page} for each of {cpus} CPUs: {cpus * page} are")
        if size_bytes > 1 << 30:
            raise BadInput(f"ring size {size_bytes} is above 1 GiB ({1 << 30}), the largest that is supported")
