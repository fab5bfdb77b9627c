"""One pass over a channel, compiled by numba: check, step, sum, publish, with no Python work for a record or a batch.

The kernel stores the end of a record's header after its sample, and a producer's position after the header, both with
release order (kernel/bpf/ringbuf.c); perf does so with its head (kernel/events/ring_buffer.c). Here each is loaded with
acquire order, and the consumer's position is stored with release order: right on any processor.

Numbers are signed 64-bit ones throughout: what numba makes of signed and unsigned ones together is a float.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import overload, register_jitable

from bpf.block import (
    AT,
    CORRUPT,
    COUNT,
    END,
    FULL,
    MEMORY,
    OVERWRITTEN,
    READ,
    REFUSED,
    SCRATCH,
    STAMPS,
    STAMPS_ROOM,
    SUM,
    TOLD,
)
from bpf.intrinsics import acquire, acquire_32, load, load_32, record_at, release, settled, store
from bpf.perf import LOST, LOST_BYTES, SAMPLE, SAMPLE_AT
from bpf.perf import RECORD_BYTES as PERF_BYTES
from bpf.record import BUSY_BIT, DISCARD_BIT, HEADER_BYTES, RECORD_BYTES, SAMPLE_BYTES

_PERF_SAMPLE = SAMPLE_AT - HEADER_BYTES  # where what looks like a record of ours begins in one of perf's


def _refuses(answer: Any) -> bool:
    """Tell what a step's answer means: None is none."""
    return bool(answer)


@overload(_refuses, strict=False)
def _compiled_refuses(answer: Any) -> Any:
    def never(answer: Any) -> bool:  # noqa: ARG001 - numba holds the names of both against each other
        return False

    def refuses(answer: Any) -> bool:
        return bool(answer)

    return never if answer is types.none else refuses


def _end_pass(block: int, count: int, total: int, why: int) -> int:
    """Write down what was taken; return how many records, or why it goes on later."""
    store(block + 8 * READ, load(block + 8 * READ) + count)
    store(block + 8 * SUM, total)
    store(block + 8 * COUNT, count)
    if why == 0:
        store(block + 8 * END, 0)
        return count
    return why


_end_pass = register_jitable(_end_pass)


def _ring(step: Any, arrays_in: Any) -> Callable[[int], int]:
    """Pass over a BPF ring buffer: consumer's and producer's position, data, size in bytes, how often to publish."""

    def run(block: int) -> int:  # noqa: PLR0912 - one loop, with no call that costs
        consumer = load(block + 8 * MEMORY)
        position = load(consumer)
        end = load(block + 8 * END)
        if end == 0:
            end = acquire(load(block + 8 * (MEMORY + 1)))
            if position == end:
                return 0
            store(block + 8 * END, end)
        data, size, chunk = (
            load(block + 8 * (MEMORY + 2)),
            load(block + 8 * (MEMORY + 3)),
            load(block + 8 * (MEMORY + 4)),
        )
        stamps, room = load(block + 8 * STAMPS), load(block + 8 * STAMPS_ROOM)
        arrays = arrays_in(block)
        total, count, why = load(block + 8 * SUM), 0, 0
        if position > end or end - position > size:
            return _end_pass(block, 0, total, CORRUPT)
        while position < end and why == 0:
            # Records of ours up to where is published; what else there is ends it before.
            begin, stop = position, min(end - RECORD_BYTES + 1, position + chunk)
            if stamps != 0:
                stop = min(stop, position + (room - count) * RECORD_BYTES)
            length = SAMPLE_BYTES
            while position < stop:
                at = data + (position & (size - 1))
                length = acquire_32(at)
                if length != SAMPLE_BYTES:
                    break
                if _refuses(step(record_at(at), *arrays)):
                    store(block + 8 * AT, at)
                    why = REFUSED
                    break
                stamp = load(at + HEADER_BYTES)
                total += stamp
                if stamps != 0:
                    store(stamps + (count * RECORD_BYTES + position - begin) // (RECORD_BYTES // 8), stamp)
                position += RECORD_BYTES
            count += (position - begin) // RECORD_BYTES
            release(consumer, position)
            if why == 0 and stamps != 0 and count == room:
                why = FULL
            elif why == 0 and position == begin:  # none of ours, as it was seen: it may be finished since
                if stop <= begin:
                    length = acquire_32(data + (position & (size - 1)))
                if length & BUSY_BIT:
                    break
                beyond = position + HEADER_BYTES + ((length - DISCARD_BIT + 7) & -8)
                if length & DISCARD_BIT == 0 or beyond > end:
                    why = CORRUPT
                else:
                    position = beyond
                    release(consumer, position)
        return _end_pass(block, count, total, why)

    return run


def _perf(step: Any, arrays_in: Any) -> Callable[[int], int]:
    """Pass over a perf buffer: tail and head, data, size in bytes, how often to publish."""

    def run(block: int) -> int:  # noqa: PLR0912 - one loop, with no call that costs
        tail = load(block + 8 * MEMORY)
        position = load(tail)
        end = load(block + 8 * END)
        if end == 0:
            end = acquire(load(block + 8 * (MEMORY + 1)))
            if position == end:
                return 0
            store(block + 8 * END, end)
        data, size, chunk = (
            load(block + 8 * (MEMORY + 2)),
            load(block + 8 * (MEMORY + 3)),
            load(block + 8 * (MEMORY + 4)),
        )
        stamps, room = load(block + 8 * STAMPS), load(block + 8 * STAMPS_ROOM)
        mask, scratch = size - 1, block + 8 * SCRATCH
        arrays = arrays_in(block)
        total, count, why, publish = load(block + 8 * SUM), 0, 0, position + chunk
        if position > end or end - position > size:
            return _end_pass(block, 0, total, CORRUPT)
        while position < end:
            at = data + (position & mask)
            header = load(at)
            kind, length, left = header & 0xFFFFFFFF, header >> 48 & 0xFFFF, end - position
            if kind == SAMPLE and length == PERF_BYTES and length <= left:
                if (position & mask) + PERF_BYTES > size:  # it goes on at the beginning
                    for each in range(0, PERF_BYTES, 8):
                        store(scratch + each, load(data + (position + each & mask)))
                    at = scratch
                if load_32(at + HEADER_BYTES) != PERF_BYTES - SAMPLE_AT:
                    why = CORRUPT
                    break
                if _refuses(step(record_at(at + _PERF_SAMPLE), *arrays)):
                    store(block + 8 * AT, at + _PERF_SAMPLE)
                    why = REFUSED
                    break
                stamp = load(at + SAMPLE_AT)
                total += stamp
                if stamps != 0:
                    store(stamps + 8 * count, stamp)
                count += 1
            elif kind == LOST and length >= LOST_BYTES and length <= left and length & 7 == 0:
                lost = load(data + (position + 16 & mask))
                store(block + 8 * TOLD, load(block + 8 * TOLD) + lost)
            else:
                why = CORRUPT
                break
            position += length
            if count == room and room != 0:
                why = FULL
                break
            if position >= publish:
                release(tail, position)
                publish = position + chunk
        release(tail, position)
        return _end_pass(block, count, total, why)

    return run


def _log(step: Any, arrays_in: Any) -> Callable[[int], int]:  # noqa: PLR0915 - as above
    """Pass over a segment of a log: its place (bpf/log.py), slots, how many, and whether they are overwritten."""

    def run(block: int) -> int:
        place = load(block + 8 * MEMORY)
        data, slots, overwrites = (
            load(block + 8 * (MEMORY + 1)),
            load(block + 8 * (MEMORY + 2)),
            load(block + 8 * (MEMORY + 3)),
        )
        taken, written_at, chunk = place + 64, place, load(block + 8 * (MEMORY + 4))
        position = load(taken)
        end = load(block + 8 * END)
        if end == 0:
            end = acquire(written_at)
            if position == end:
                return 0
            store(block + 8 * END, end)
        stamps, room, scratch = load(block + 8 * STAMPS), load(block + 8 * STAMPS_ROOM), block + 8 * SCRATCH
        arrays = arrays_in(block)
        total, count, why, publish = load(block + 8 * SUM), 0, 0, position + chunk
        gone, looked = load(block + 8 * OVERWRITTEN), position
        if overwrites != 0:
            looked = max(looked, end - slots)
        while looked < end:
            at = data + (looked & (slots - 1)) * RECORD_BYTES
            number = looked & 0xFFFFFFFF
            whole = acquire_32(at + 4) == number
            if overwrites == 0 and not whole:
                why = CORRUPT
                break
            if overwrites != 0 and whole:
                for each in range(0, RECORD_BYTES, 8):
                    store(scratch + each, load(at + each))
                settled()
                whole = load_32(at) == number
                at = scratch
            if whole:
                if _refuses(step(record_at(at), *arrays)):
                    store(block + 8 * AT, at)
                    why = REFUSED
                    break
                stamp = load(at + HEADER_BYTES)
                total += stamp
                if stamps != 0:
                    store(stamps + 8 * count, stamp)
                count += 1
                gone += looked - position
                position = looked + 1
            looked += 1
            if count == room and room != 0:
                why = FULL
                break
            if position >= publish:
                release(taken, position)
                publish = position + chunk
        release(taken, position)
        store(block + 8 * OVERWRITTEN, gone)
        release(place + 72, gone)
        return _end_pass(block, count, total, why)

    return run


PASSES_OF = {"ring": _ring, "perf": _perf, "log": _log}
"""By the kind of channel: each makes a pass of a step, and of what returns its arrays."""
