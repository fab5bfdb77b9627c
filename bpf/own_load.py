"""Compile and load a user's own program: what is wrong with it is one message, with the line in the user's file."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bpf import syscalls
from bpf.btf import KernelTypes, ProgramTypes
from bpf.channel import Channel, RecordChannel, channel_named
from bpf.errors import CannotRun, is_refusal
from bpf.hooks import Hook, hook_of, known_prefixes, lacking
from bpf.own import PROGRAMS, OwnProgram
from results.errors import BadInput

if TYPE_CHECKING:
    from bpf.fields import Record

_KERNEL_MODULES = Path("/lib/modules") / os.uname().release
# linux-libc-dev, after all others: what a program for user space includes.
_UAPI = ("/usr/include", f"/usr/include/{os.uname().machine}-linux-gnu")

_ANY_BYTES = 1 << 20

# enum bpf_map_type
_PERF_EVENT_ARRAY, _RINGBUF = 4, 27
# Helpers that send an event, and the register that holds its size: ringbuf_output, ringbuf_reserve, perf_event_output.
_SENDS = {130: 3, 131: 2, 25: 5}

_COMPLAINT = re.compile(r"^(?P<place>[^\n]+:\d+):\d+: (?:fatal )?error: (?P<why>[^\n]+)$", re.MULTILINE)
_NO_HEADER = re.compile(r"'([^']+)' file not found")
_OF_LLVM = re.compile(r"error: (?:<unknown>:0:0: )?([^\n]+)")
# What the verifier says of a line of the source: its text, and its place from 6.9 on (kernel/bpf/log.c).
_SOURCE = re.compile(r"^; (?P<text>[^\n]*?)(?: @ (?P<place>\S[^\n]*:\d+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A program as bcc has it; `events_map` is its own map that carries the events, None where bench's does."""

    bcc: Any
    hooks: Sequence[Hook]
    record: Record
    events_map: str | None
    channel: Channel


def load(bcc: Any, own: OwnProgram, wanted: Channel, tag: bytes | None) -> Loaded:
    """Compile a program for a channel, load all of its functions, and find out what its events hold.

    Raises BadInput with the line in the user's file for what is wrong with it, CannotRun for what this kernel lacks.
    """
    channel = wanted if own.sends_by_any_channel else None
    with KernelTypes() as types:
        flags = ["-Wno-everything", f"-DPAGE_SIZE={os.sysconf('SC_PAGE_SIZE')}", *own.flags(types, tag)]
    compiled = _compile(bcc, own, [*flags, *(channel.flags if channel is not None else ())])
    try:
        hooks = [_load(compiled, own, name) for name in _functions(bcc, compiled)]
        if not hooks:
            raise BadInput(f"program {own.path} has no function to attach: begin its name with {known_prefixes()}")
        if channel is not None and channel.name == "log" and len(hooks) > 1:
            raise BadInput(
                f"program {own.path} attaches {len(hooks)} functions, of which one may interrupt another: "
                "--channel log takes one; use --channel percpu-ring"
            )
        tables = _tables(bcc, compiled)
        events_map = None if channel is not None else _events_map(own, tables)
        size = None if events_map is None else _size(own, compiled, hooks)
        record = _record(bcc, compiled, own, tables, events_map, size)
        if channel is None:
            assert events_map is not None
            channel = _channel_of(wanted, *tables[events_map])
        assert isinstance(channel, RecordChannel)
        return Loaded(compiled, hooks, record, events_map, replace(channel, sample_bytes=record.sample.itemsize))
    except BaseException:
        compiled.cleanup()
        raise


def _compile(bcc: Any, own: OwnProgram, flags: Sequence[str]) -> Any:
    """Compile with our few headers, or with the running kernel's where those lack one."""
    includes = [word for folder in _UAPI for word in ("-idirafter", folder)]
    # bcc attaches by the names of functions as soon as it has compiled them; here that comes when the load does.
    unattached = type("Unattached", (bcc.BPF,), {"_trace_autoload": lambda _self: None})
    missing = ""
    for headers in (PROGRAMS / "include", _KERNEL_MODULES / "build"):
        if not headers.is_dir():
            continue
        if headers.parent == _KERNEL_MODULES:
            # bcc looks there itself; only then in `source` too, where Debian has what all of a kernel's builds share.
            del os.environ["BCC_KERNEL_SOURCE"]
        else:
            os.environ["BCC_KERNEL_SOURCE"] = str(headers)
        said: list[str] = []
        try:
            with _heard(said):
                return unattached(text=own.text, cflags=[*flags, *includes])
        except Exception as error:
            if not is_refusal(error):
                raise
            text = "".join(said)
            complaint = _COMPLAINT.search(text)
            if complaint is None:
                of_llvm = _OF_LLVM.search(text)
                raise BadInput(f"program {own.path} does not compile: {of_llvm[1] if of_llvm else error}") from error
            header = _NO_HEADER.search(complaint["why"])
            if header is None:
                raise BadInput(f"{complaint['place']}: {complaint['why']}") from error
            missing = missing or f"{complaint['place']}: header {header[1]} is not available here"
    raise BadInput(
        f"{missing}; take fields' places from the kernel's types (BENCH_OFFSET, BENCH_READ of bench.h), declare what "
        f"is needed, or install linux-libc-dev or, for the kernel's own, linux-headers-{os.uname().release}"
    )


def _load(compiled: Any, own: OwnProgram, name: str) -> Hook:
    hook = hook_of(name)
    if hook is None:
        raise BadInput(
            f"program {own.path}: function {name} does not say where it is attached: begin its name with "
            f"{known_prefixes()}, or make it static"
        )
    if (why := lacking(hook.kind)) is not None:
        raise CannotRun(f"program {own.path}: {name} cannot be attached: {why}", "attach to a tracepoint")
    said: list[str] = []
    try:
        with _heard(said):
            compiled.load_func(name.encode(), getattr(type(compiled), hook.program_type))
    except Exception as error:
        if not is_refusal(error):
            raise
        text = "".join(said)
        reason = _reason(text)
        if reason is None and hook.program_type == "TRACING":
            raise CannotRun(
                f"program {own.path}: this kernel has no fentry ({name})", "attach to a tracepoint"
            ) from error
        source = [("", ""), *_SOURCE.findall(text)][-1]
        raise BadInput(f"{own.named(*source)}: the kernel's verifier refuses {name}: {reason or error}") from error
    return hook


def _reason(log: str) -> str | None:
    """Return the verifier's last word: the line before it counts what it has looked at."""
    lines = [line for line in log.splitlines() if line.strip()]
    place = next((at for at, line in enumerate(lines) if line.startswith("processed ")), len(lines))
    return lines[place - 1] if 0 < place < len(lines) or (lines and "Failed to load" not in lines[-1]) else None


def _functions(bcc: Any, compiled: Any) -> list[str]:
    library = bcc.lib
    return [
        library.bpf_function_name(compiled.module, at).decode()
        for at in range(library.bpf_num_functions(compiled.module))
    ]


def _tables(bcc: Any, compiled: Any) -> dict[str, tuple[int, int]]:
    """Return the type and the descriptor of each map, by name."""
    library, module = bcc.lib, compiled.module
    name_of = library.bpf_table_name
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_size_t]
    names = [name_of(module, at) for at in range(library.bpf_num_tables(module))]
    return {name.decode(): (library.bpf_table_type(module, name), library.bpf_table_fd(module, name)) for name in names}


def map_fd(bcc: Any, compiled: Any, name: str) -> int:
    """Return the descriptor of a program's map."""
    return int(bcc.lib.bpf_table_fd(compiled.module, name.encode()))


def _events_map(own: OwnProgram, tables: dict[str, tuple[int, int]]) -> str:
    carriers = [name for name, (kind, _) in tables.items() if kind in (_RINGBUF, _PERF_EVENT_ARRAY)]
    if len(carriers) != 1:
        what = f"{len(carriers)} ({', '.join(carriers)})" if carriers else "none"
        raise BadInput(
            f"program {own.path} has no one map that carries its events, but {what}: define BENCH_EVENT and call "
            "bench_output(), or have one BPF_RINGBUF_OUTPUT or BPF_PERF_OUTPUT"
        )
    return carriers[0]


def _channel_of(wanted: Channel, kind: int, map_fd: int) -> RecordChannel:
    """Return what a map is: a ring has its size, and of perf buffers the size is who opens them decides."""
    name, size_bytes = ("ring", syscalls.map_info(map_fd).entries) if kind == _RINGBUF else ("perf", _ANY_BYTES)
    made = (
        wanted
        if kind != _RINGBUF and wanted.name == name
        else channel_named(name).of(size_bytes=size_bytes, wakeup=None)
    )
    assert isinstance(made, RecordChannel)
    return made


def _size(own: OwnProgram, compiled: Any, hooks: Sequence[Hook]) -> int:
    """Return the size of all events. Raises BadInput for those of several sizes."""
    found = {size for hook in hooks for size in sizes(compiled.dump_func(hook.function.encode()))}
    if len(found) == 1 and (size := found.pop()) is not None:
        return size
    if not found:
        raise BadInput(f"program {own.path} sends no event into its map")
    told = (
        "of a size that is not fixed"
        if None in found
        else f"of {' and '.join(map(str, sorted(filter(None, found))))} bytes"
    )
    raise BadInput(f"{own.emits_at() or own.path}: events are {told}: a channel carries those of one size")


def sizes(instructions: bytes) -> Iterator[int | None]:
    """Yield the size of each event that a program sends, as its instructions set it; None: it is no constant."""
    constants: dict[int, int] = {}
    for at in range(0, len(instructions), 8):
        code, registers = instructions[at], instructions[at + 1]
        destination, source = registers & 15, registers >> 4
        immediate = int.from_bytes(instructions[at + 4 : at + 8], "little", signed=True)
        if code in (0xB7, 0xB4):  # a register is set to a constant
            constants[destination] = immediate
        elif code == 0x85 and not source:
            if immediate in _SENDS:
                yield constants.get(_SENDS[immediate])
            for register in range(6):  # a call forgets its arguments
                constants.pop(register, None)
        elif code & 7 in (0, 1, 4, 7):  # loads and arithmetic
            constants.pop(destination, None)


def _record(  # noqa: PLR0917 - all that tells
    bcc: Any,
    compiled: Any,
    own: OwnProgram,
    tables: dict[str, tuple[int, int]],
    events_map: str | None,
    size: int | None,
) -> Record:
    from bpf.fields import by_list, by_types  # noqa: PLC0415 - numpy, which doctor does without

    try:
        if "bench_record" in tables:
            info = syscalls.map_info(tables["bench_record"][1])
            with ProgramTypes(info.btf) as types:
                record = by_types(types, info.value_type)
            if size not in (None, record.sample.itemsize):
                raise BadInput(f"BENCH_RECORD names a struct of {record.sample.itemsize} bytes, and events have {size}")
            return record
        assert events_map is not None
        assert size is not None
        name, library = events_map.encode(), bcc.lib
        listed = [
            library.bpf_perf_event_field(compiled.module, name, at).decode().rpartition("#")
            for at in range(library.bpf_perf_event_fields(compiled.module, name))
        ]
        return by_list([(field, kind) for field, _, kind in listed], size, may_have_bit_fields=own.may_have_bit_fields)
    except BadInput as error:
        raise BadInput(f"program {own.path}: {error}") from error


@contextlib.contextmanager
def _heard(said: list[str]) -> Iterator[None]:
    """Gather what compiler and loader write to stderr."""
    kept, heard = os.dup(2), os.memfd_create("bench-compiler")
    os.dup2(heard, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        said.append(os.pread(heard, os.fstat(heard).st_size, 0).decode(errors="replace"))
        os.close(kept)
        os.close(heard)
