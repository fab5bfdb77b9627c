"""The memory of a BPF ring buffer, mapped: positions and data, nothing about waiting. Nothing here needs numpy.

Layout (kernel/bpf/ringbuf.c, ringbuf_map_mmap_user): page 0 holds the consumer's position and may be written; page 1
holds the producer's; the data follow, mapped twice in a row, so that a record never breaks at the end.
Positions count bytes and grow for ever; modulo the size they are places.
"""

from __future__ import annotations

import mmap
import struct

# struct record of drops.c
SAMPLE_STRUCT = struct.Struct("=QQII")
SAMPLE_BYTES = SAMPLE_STRUCT.size
# struct bpf_ringbuf_hdr, kernel/bpf/ringbuf.c: the length carries the busy and the discard bit
HEADER_BYTES = 8
BUSY_BIT, DISCARD_BIT = 1 << 31, 1 << 30
RECORD_BYTES = HEADER_BYTES + SAMPLE_BYTES

# Of a look at two positions: a few microseconds, in which one that releases each record by itself never rests.
_TRIES = 16


def ring_capacity(ring_size_bytes: int, record_bytes: int = RECORD_BYTES) -> int:
    """Return how many records a ring can hold: one byte must stay free, hence one record."""
    return (ring_size_bytes - 1) // record_bytes


def stride(sample_bytes: int) -> int:
    """Return the bytes that a record fills: header and sample, rounded up to 8 (kernel/bpf/ringbuf.c)."""
    return HEADER_BYTES + (sample_bytes + 7 & ~7)


def between(consumer: memoryview, producer: memoryview) -> int:
    """Return how many bytes lie between two positions that others move, as it was at one moment.

    Loaded one after the other they are of two: a consumer that went on in between would have overtaken its producer.
    Where it goes on at every try, it is what surely waited when the producer's position was loaded the last time: what
    lies beyond the consumer's position of a moment later.
    """
    taken = consumer[0]
    for _ in range(_TRIES):
        made, before, taken = producer[0], taken, consumer[0]
        if taken == before:
            break
    return max(0, int(made - taken))


class RingPositions:
    """The two positions, read-only: what an observer needs, in any process that has the map."""

    overwritten = 0

    def __init__(self, map_fd: int, record_bytes: int = RECORD_BYTES) -> None:
        page = mmap.PAGESIZE
        self._record_bytes = record_bytes
        self._maps = [mmap.mmap(map_fd, page, mmap.MAP_SHARED, mmap.PROT_READ, offset=n * page) for n in (0, 1)]
        self._consumer, self._producer = (memoryview(m).cast("Q") for m in self._maps)

    @property
    def consumed_bytes(self) -> int:
        return self._consumer[0]

    @property
    def unread_records(self) -> int:
        """Records that no consumer has released yet, at this moment."""
        return between(self._consumer, self._producer) // self._record_bytes

    def close(self) -> None:
        self._consumer.release()
        self._producer.release()
        for mapping in self._maps:
            mapping.close()


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
