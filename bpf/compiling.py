"""A pass made machine code by numba, with its loop of passes and sleeps, and the entries by which either is called."""

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
from numba.extending import register_jitable

from bpf import pause, words
from bpf.block import (
    BEGAN,
    ENTRY,
    LAST,
    LONGEST,
    LOOP,
    NEXT,
    PASSES,
    POLLED,
    RAISED,
    RAISING,
    RATE,
    RATE_ONE,
    ROOM,
    STOP,
    TIME,
    UNTIL,
    UNTOLD,
    WHOSE,
)
from bpf.intrinsics import arrays_of, load, store
from bpf.passes import PASSES_OF
from bpf.steps import Described, place
from results.errors import BadInput

rate_after, pause_ns = map(register_jitable, (pause.rate_after, pause.pause_ns))

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
            at = now(block)
            if at >= load(block + 8 * UNTIL):
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
            rate, began = rate_after(rate, found, at - began), at
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


def made(kind: str, about: Described) -> tuple[str, str]:
    """Compile a pass; return the name of its function, and LLVM's assembly. Raises BadInput."""
    *helpers, step = about.functions
    for helper in helpers:
        if helper.__module__ != words.__name__:
            register_jitable(helper)
    run = njit(PASSES_OF[kind](njit(step, forceinline=True), arrays_of(about)))
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
