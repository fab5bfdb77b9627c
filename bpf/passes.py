"""One pass over a channel, compiled by numba: check, step, sum, publish, with no Python work for a record or a batch.

The kernel stores the end of a record's header after its sample, and a producer's position after the header, both with
release order (kernel/bpf/ringbuf.c); perf does so with its head (kernel/events/ring_buffer.c). Here each is loaded with
acquire order, and the consumer's position is stored with release order: right on any processor.

Numbers are signed 64-bit ones throughout: what numba makes of signed and unsigned ones together is a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from llvmlite import binding as llvm
from numba import njit, types
from numba.core.errors import NumbaError
from numba.extending import overload, register_jitable

from bpf import pause, words
from bpf.block import (
    AT,
    BEGAN,
    CORRUPT,
    COUNT,
    END,
    ENTRY,
    FULL,
    LAST,
    LONGEST,
    LOOP,
    MEMORY,
    NEXT,
    OVERWRITTEN,
    PASSES,
    POLLED,
    RAISED,
    RAISING,
    RATE,
    RATE_ONE,
    READ,
    REFUSED,
    ROOM,
    SCRATCH,
    STAMPS,
    STAMPS_ROOM,
    STOP,
    SUM,
    TIME,
    TOLD,
    UNTIL,
    UNTOLD,
    WHOSE,
)
from bpf.intrinsics import acquire, acquire_32, arrays_of, load, load_32, record_at, release, settled, store
from bpf.perf import LOST, LOST_BYTES, SAMPLE, SAMPLE_AT
from bpf.perf import RECORD_BYTES as PERF_BYTES
from bpf.record import BUSY_BIT, DISCARD_BIT, HEADER_BYTES, RECORD_BYTES, SAMPLE_BYTES
from bpf.steps import Described, place
from results.errors import BadInput

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
rate_after, pause_ns = map(register_jitable, (pause.rate_after, pause.pause_ns))


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
            elif why == 0 and position == begin:  # none of ours
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


# How a pass is called: with its block alone, for a count. A function of numba's returns 0, or that it raised, and
# stores its result, and what it raised, at addresses (CPUCallConv, numba/core/callconv.py).
_ENTRY = """
define i64 @{name}(i64 %block) {{
  %found = alloca i64
  %at = add i64 %block, {raised}
  %raised = inttoptr i64 %at to ptr
  %wrong = call i32 @{function}(ptr %found, ptr %raised, i64 %block, i64 {loops})
  %none = icmp eq i32 %wrong, 0
  %count = load i64, ptr %found
  %told = select i1 %none, i64 %count, i64 {wrong}
  ret i64 %told
}}
declare i32 @{function}(ptr, ptr, i64, i64)
"""

_CLOCK_MONOTONIC, _POLLIN = 1, 1
_clock_gettime = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.int64))
_ppoll = types.ExternalFunction("ppoll", types.int32(types.int64, types.int64, types.int64, types.int64))


def _looping(run: Any) -> Callable[[int, int], int]:
    """Make a pass, or a loop of passes and sleeps over all producers, as harness/consumer/waits.py has in Python."""

    @njit
    def now(block: int) -> int:
        _clock_gettime(_CLOCK_MONOTONIC, block + 8 * TIME)
        seconds: int = load(block + 8 * TIME)
        nanoseconds: int = load(block + 8 * (TIME + 1))
        return seconds * 1_000_000_000 + nanoseconds

    def entry(block: int, loops: int) -> int:
        if loops == 0:
            found: int = run(block)
            return found
        began, rate, why, passes = load(block + 8 * BEGAN), load(block + 8 * RATE) / RATE_ONE, 0, 0
        while why == 0:
            before, began = began, now(block)
            if began >= load(block + 8 * UNTIL):
                break
            found, each = 0, block
            while each != 0:
                taken = run(each)
                if taken < 0:
                    why = taken
                    store(block + 8 * WHOSE, each)
                    break
                store(each + 8 * UNTOLD, load(each + 8 * UNTOLD) + taken)
                found += taken
                each = load(each + 8 * NEXT)
            passes += 1
            done = now(block)
            if found != 0:
                store(block + 8 * LAST, done)
            rate = rate_after(rate, found, began - before)
            slept = np.int64(pause_ns(rate, load(block + 8 * ROOM), load(block + 8 * LONGEST), done - began))
            store(block + 8 * TIME, slept // 1_000_000_000)
            store(block + 8 * (TIME + 1), slept % 1_000_000_000)
            store(block + 8 * POLLED, load(block + 8 * STOP) | _POLLIN << 32)
            if why == 0 and _ppoll(block + 8 * POLLED, 1, block + 8 * TIME, 0) != 0:
                break
        store(block + 8 * BEGAN, began)
        store(block + 8 * RATE, np.int64(rate * RATE_ONE))
        store(block + 8 * PASSES, passes)
        return why

    return entry


_PASSES = {"ring": _ring, "perf": _perf, "log": _log}


def made(kind: str, about: Described) -> tuple[str, str]:
    """Compile a pass; return the name of its function, and LLVM's assembly. Raises BadInput."""
    *helpers, step = about.functions
    for helper in helpers:
        if helper.__module__ != words.__name__:
            register_jitable(helper)
    run = njit(_PASSES[kind](njit(step, forceinline=True), arrays_of(about)))
    try:
        compiler = njit(types.int64(types.int64, types.int64))(_looping(run))
    except NumbaError as error:
        raise BadInput(_told(error, step)) from error
    result = compiler.overloads[types.int64, types.int64]
    return result.fndesc.llvm_func_name, result.library.get_llvm_str()


def compiled(kind: str, about: Described) -> bytes:
    """Compile a pass into an object file; a line of JSON stands before it: what it calls."""
    function, assembly = made(kind, about)
    module = llvm.parse_assembly(assembly)
    for loops, name in enumerate((ENTRY, LOOP)):
        entry = _ENTRY.format(name=name, function=function, raised=8 * RAISED, loops=loops, wrong=RAISING)
        module.link_in(llvm.parse_assembly(entry))
    _strip(module)
    calls = [each.name for each in module.functions if each.is_declaration and not each.name.startswith("llvm.")]
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True, reloc="pic"
    )
    return json.dumps(calls).encode() + b"\n" + bytes(target.emit_object(module))


def _strip(module: llvm.ModuleRef) -> None:
    """Leave the entries, and what it calls: numba makes other functions, by which Python would call."""
    for each in module.functions:
        if not each.is_declaration and each.name not in (ENTRY, LOOP):
            each.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    target = llvm.Target.from_default_triple().create_target_machine()
    passes.run(module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options()))


def _told(error: NumbaError, step: FunctionType) -> str:
    """Say in a line what numba cannot compile, and where in the user's file."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    file = step.__code__.co_filename
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    places = re.findall(rf'File "[^"]*{re.escape(file.rpartition("/")[2])}", line (\d+)', text)
    where = f"{file.rpartition('/')[2]}:{places[-1]}" if places else place(step)
    return f"numba cannot compile step: {lines[min(1, len(lines) - 1)]} ({where})"
