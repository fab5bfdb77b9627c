"""Load drops.c, or a user's own program, through bcc and attach it. The only module that imports bcc."""

import contextlib
import ctypes
import mmap
import os
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from bpf import own_load, syscalls
from bpf.btf import KernelTypes
from bpf.channel import Channel
from bpf.counters import CounterMap
from bpf.errors import CannotRun, refusal_named
from bpf.hooks import Devices, Hook, attach
from bpf.own import PROGRAMS, OwnProgram, Sees, tag_flags
from bpf.packets import SortOfDrop, packet_flags
from bpf.pid_namespace import namespace_flags

if TYPE_CHECKING:
    from bpf.fields import Record

Entry = Literal["on_drop", "only_return", "only_filter", "only_hash"]

TRACEPOINT = "kfree_skb"
MAX_SYNTHETIC_KEYS = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What is fixed when the program is loaded.

    `tag` is a source MAC address of six bytes, None observes the whole machine, or what of it is of a `protocol` (an
    Ethernet type). `synthetic` adds the program that emits
    records without packets. `entry` is the function that is attached: another than on_drop does a part of its work, to
    be measured. `own` is a user's program in place of ours, `devices` what it may be attached to. Drops that are among
    `normals` are left out.
    """

    channel: Channel
    tag: bytes | None = None
    protocol: int | None = None
    own: OwnProgram | None = None
    devices: Devices = Devices()  # noqa: RUF009 - frozen
    synthetic: bool = False
    entry: Entry = "on_drop"
    normals: Sequence[SortOfDrop] = ()

    def __post_init__(self) -> None:
        if self.tag is not None and len(self.tag) != 6:
            raise ValueError(f"a tag is a MAC address of 6 bytes, not {len(self.tag)}")


class Program:
    """The loaded program, as a context manager; leaving it detaches and frees everything in the kernel.

    `bcc` is bcc's own object for it, `hooks` are its functions and where they belong, `record` says what an event of a
    user's own holds.
    """

    def __init__(self, options: LoadOptions) -> None:
        self.options = options
        self.carriers: Sequence[int] = ()
        self.record: Record | None = None
        self.hooks: Sequence[Hook] = ()
        self._events_map: str | None = None
        self.bcc: Any = None
        self._emit: Any = None
        self._stack = contextlib.ExitStack()
        self._attached = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if self.options.own is None:
            self._load_ours()
        else:
            with same_folder():
                loaded = own_load.load(import_bcc(), self.options.own, self.options.channel, self.options.tag)
            self.bcc, self.hooks, self.record = loaded.bcc, loaded.hooks, loaded.record
            self._events_map = loaded.events_map
            self.options = replace(self.options, channel=loaded.channel)
        self.functions = [int(self.bcc.funcs[hook.function.encode()].fd) for hook in self.hooks]
        self.carriers = self.options.channel.set_up(self.map_fd, self._stack)
        if self.counters_map is not None:
            self._counters = CounterMap(self.map_fd(self.counters_map))
        return self

    def _load_ours(self) -> None:
        bcc = import_bcc()
        flags = compile_flags(self.options)
        os.environ["BCC_KERNEL_SOURCE"] = str(PROGRAMS / "include")
        with refusal_named("compile and load the BPF program", _CURE), same_folder():
            self.bcc = bcc.BPF(text=source("drops.c"), cflags=flags)
            # bcc.BPF() closes what it holds at interpreter exit only; __exit__ calls cleanup() and unregisters it
            self.bcc.load_func(self.options.entry.encode(), bcc.BPF.RAW_TRACEPOINT)
            self.hooks = (Hook(self.options.entry, "raw_tracepoint", TRACEPOINT),)
            for place, normal in enumerate(self.options.normals):
                syscalls.update(self.map_fd("normals"), place, normal.packed())
            self._emit = self.bcc.load_func(b"emit", bcc.BPF.SCHED_CLS) if self.options.synthetic else None

    def __exit__(self, *exc: object) -> None:
        self.detach()
        self._stack.close()
        self.bcc.cleanup()

    @property
    def counters_map(self) -> str | None:
        """The map of the program's counters; None: it counts nothing."""
        own = self.options.own
        return "counters" if own is None else "bench_counters" if own.counts else None

    @property
    def counters(self) -> CounterMap:
        """The program's counters. Raises AttributeError for a program that counts nothing."""
        return self._counters

    def attach(self) -> None:
        """Begin to observe."""
        cure = _CURE if self.options.own is None else "/sys/kernel/tracing/available_events lists what there is"
        for hook, descriptor in zip(self.hooks, self.functions, strict=True):
            with refusal_named(f"attach {hook.function} to {hook.kind} {hook.target}", cure):
                attach(self.bcc, hook, descriptor, self.options.devices, self._attached)

    def detach(self) -> None:
        """Stop observing; a no-op when not attached. What is in the ring stays readable."""
        self._attached.close()

    def hidden(self) -> list[int]:
        """Return of each sort of drop that is left out how many were."""
        counts = ctypes.create_string_buffer(8 * syscalls.possible_cpus())
        totals = []
        for place in range(len(self.options.normals)):
            syscalls.lookup(self.map_fd("hidden"), place, counts)
            totals.append(sum(memoryview(counts).cast("B").cast("Q")))
        return totals

    @property
    def sees(self) -> Sees | None:
        """What it observes of the traffic, if that is known: of a user's own, by what it says, or by its hook."""
        own = self.options.own
        if own is None:
            return "drops"
        if not own.filters or len(self.hooks) > 1:
            return None
        (hook,) = self.hooks
        if hook.target.rpartition(":")[2] == TRACEPOINT:
            return own.sees() or "drops"
        return own.sees() or ("frames" if hook.kind in ("xdp", "tc_ingress") else None)

    @property
    def on_drop_fd(self) -> int:
        """The descriptor of its first function; ours has one."""
        return self.functions[0]

    def map_fd(self, name: str) -> int:
        """Return the descriptor of one of its maps; it belongs to the program."""
        if self.options.own is None:
            return int(self.bcc[name.encode()].map_fd)
        # bcc makes an object of a map with a class for its values, and knows few types of fields.
        own_name = self._events_map if self._events_map is not None and name == "events" else name
        return own_load.map_fd(import_bcc(), self.bcc, own_name)

    def adopt(self, channel: Channel, map_fd: int) -> None:
        """Have readers open a channel that a program like this fills, in place of the program's own of that kind."""
        self.options = replace(self.options, channel=channel)
        self.events.map_fd = map_fd  # bcc knows no way to open one that another process made
        self.carriers = (map_fd,)

    @property
    def channel_fd(self) -> int:
        """The descriptor of the map that carries the events."""
        return self.map_fd(self.options.channel.map_name)

    @property
    def events(self) -> Any:
        """bcc's own object for the events, for who works as bcc's examples do; None: bcc has none for the channel."""
        name = self.options.channel.events_name
        return None if name is None else self.bcc[(self._events_map or name).encode()]

    @property
    def emit_fd(self) -> int:
        """Descriptor of the synthetic program. Raises ValueError when it was not loaded."""
        if self._emit is None:
            raise ValueError("the program was loaded without synthetic=True")
        return int(self._emit.fd)

    def skipped(self) -> int | None:
        """Return how many runs the kernel skipped, or None where it does not count them."""
        return syscalls.skipped(self.functions)


def import_bcc() -> Any:
    """Import bcc. Raises CannotRun where it is missing or is the unrelated package of that name from PyPI."""
    cure = "install the distribution's package: python3-bpfcc (Debian, Ubuntu) or python3-bcc (Fedora)"
    try:
        import bcc  # noqa: PLC0415 - 0.1 s that only those who load a program pay
    except ImportError as error:
        raise CannotRun(f"bcc cannot be imported ({error})", cure) from error
    if not callable(getattr(bcc, "BPF", None)):
        raise CannotRun(f"{bcc.__file__} is not the BPF compiler collection", cure)
    return bcc


def compile_flags(options: LoadOptions) -> list[str]:
    """Turn options into -D definitions, with what only this kernel's types can tell."""
    flags = ["-Wno-everything", f"-DPAGE_SIZE={mmap.PAGESIZE}"]
    with KernelTypes() as types:
        flags += tracepoint_flags(types)
        flags += tag_flags(types, options.tag)
        if options.normals:
            flags += [f"-DNORMALS={len(options.normals)}", *packet_flags(types)]
        if options.protocol is not None:
            flags += [
                f"-DPROTOCOL={socket.htons(options.protocol)}",
                f"-DOFFSET_PROTOCOL={types.field_offset('sk_buff', 'protocol')}",
            ]
    flags += [*namespace_flags(), *options.channel.flags]
    if options.entry != "on_drop":
        flags.append("-DBASELINES")
    if options.synthetic:
        flags += [f"-DSYNTHETIC={MAX_SYNTHETIC_KEYS}", f"-DSYNTHETIC_PLANS={syscalls.possible_cpus()}"]
    return flags


def tracepoint_flags(types: KernelTypes) -> list[str]:
    """Define the places of the tracepoint's arguments. Raises CannotRun where it gives no reason."""
    try:
        arguments = types.tracepoint_arguments(TRACEPOINT)
        return [
            f"-DARG_SKB={arguments.index('struct sk_buff *')}",
            f"-DARG_LOCATION={arguments.index('void *')}",
            f"-DARG_REASON={arguments.index('enum skb_drop_reason')}",
        ]
    except (KeyError, ValueError) as error:
        raise CannotRun(
            f"this kernel's tracepoint skb:{TRACEPOINT} does not give a drop reason ({error})",
            "use Linux 5.17 or later (or a kernel to which drop reasons were backported)",
        ) from error


def source(name: str) -> bytes:
    """Return a program with our headers in it: bcc rewrites the use of maps in the source, and in nothing included."""
    ours = re.compile(rb'^#include "([a-z]+[.]h)"$', re.MULTILINE)
    return ours.sub(lambda include: (PROGRAMS / include[1].decode()).read_bytes(), (PROGRAMS / name).read_bytes())


@contextlib.contextmanager
def same_folder() -> Iterator[None]:
    """Come back to the working folder: bcc leaves it, and goes back by path, which may lead through a closed one."""
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield
    finally:
        os.fchdir(folder)
        os.close(folder)


_CURE = "run `bench doctor`; root is needed, and memory for the ring that was asked for"
