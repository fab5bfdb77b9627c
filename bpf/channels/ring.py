"""The BPF ring buffer: how it is made, and its memory, mapped: positions and data, nothing about waiting.

Layout (kernel/bpf/ringbuf.c, ringbuf_map_mmap_user): page 0 holds the consumer's position and may be written; page 1
holds the producer's; the data follow, mapped twice in a row, so that a record never breaks at the end.
Positions count bytes and grow for ever; modulo the size they are places.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from bpf.channel import Channel
from bpf.sample import RECORD_BYTES, ring_capacity
from results.errors import BadInput

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RingChannel(Channel):
    """One ring, which all CPUs write."""

    name = "ring"
    map_name = "events"
    counts = frozenset({"submitted", "reserve_failed", "checksum"})
    readers = ("batch", "callback")

    size_bytes: int = 1 << 20
    wakeup: str = "adaptive"
    """When the kernel notifies a consumer that waits: adaptive (as it sees fit), none, force (each time), or bytes."""

    def __post_init__(self) -> None:
        check_ring_size(self.size_bytes)

    @classmethod
    def of(cls, *, size_bytes: int | None, wakeup: str | None) -> Self:
        assert size_bytes is not None
        return cls(size_bytes=size_bytes, wakeup=wakeup or "adaptive")

    @property
    def flags(self) -> list[str]:
        flag = _WAKEUP_FLAGS.get(self.wakeup)
        when = f"-DWAKEUP_BYTES={int(self.wakeup)}" if flag is None else f"-DWAKEUP_FLAGS={flag}"
        return [f"-DRING_PAGES={self.size_bytes // mmap.PAGESIZE}", when]

    @property
    def capacity(self) -> int:
        return ring_capacity(self.size_bytes)

    @staticmethod
    def positions(map_fd: int) -> RingPositions:
        return RingPositions(map_fd)


class RingPositions:
    """The two positions, read-only: what an observer needs, in any process that has the map."""

    def __init__(self, map_fd: int) -> None:
        page = mmap.PAGESIZE
        self._maps = [mmap.mmap(map_fd, page, mmap.MAP_SHARED, mmap.PROT_READ, offset=n * page) for n in (0, 1)]
        self._consumer, self._producer = (memoryview(m).cast("Q") for m in self._maps)

    @property
    def consumed_bytes(self) -> int:
        return self._consumer[0]

    @property
    def produced_bytes(self) -> int:
        return self._producer[0]

    @property
    def unread_records(self) -> int:
        """Records that no consumer has released yet, at this moment."""
        return (self.produced_bytes - self.consumed_bytes) // RECORD_BYTES

    def close(self) -> None:
        self._consumer.release()
        self._producer.release()
        for mapping in self._maps:
            mapping.close()

    def __enter__(self) -> RingPositions:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Ring:
    """The whole ring, for the consumer.

    `consumer` and `producer` are memoryviews of one 64-bit position each; indexing them is one aligned load or store.
    `data` show the records, twice in a row; `words` the same as 32-bit words: the first of each record's header is its
    length.
    """

    def __init__(self, map_fd: int, size_bytes: int) -> None:
        page = mmap.PAGESIZE
        writable = mmap.mmap(map_fd, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0)
        readable = mmap.mmap(map_fd, page + 2 * size_bytes, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
        # Views keep a mapping open for as long as one of them lives: neither is closed by hand.
        data = memoryview(readable)
        self._lay(memoryview(writable).cast("Q"), data[:8].cast("Q"), data[page:], size_bytes)

    @classmethod
    def over(cls, consumer: memoryview, producer: memoryview, data: memoryview, size_bytes: int) -> Ring:
        """Lay a ring over any memory; `data` shows its `size_bytes` twice in a row, as the kernel's mapping does."""
        ring = cls.__new__(cls)
        ring._lay(consumer, producer, data, size_bytes)
        return ring

    def _lay(self, consumer: memoryview, producer: memoryview, data: memoryview, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.consumer, self.producer = consumer, producer
        self.words = data.cast("I")
        self.data = data
