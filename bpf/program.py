"""Load drops.c through bcc, attach it, and say what it counted. The only module that imports bcc."""

import contextlib
import mmap
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

from bpf import syscalls
from bpf.btf import KernelTypes
from bpf.channel import Channel
from bpf.counters import CounterMap
from bpf.errors import CannotRun
from bpf.pid_namespace import namespace_flags

Entry = Literal["on_drop", "only_return", "only_filter", "only_hash"]

TRACEPOINT = "kfree_skb"
MAX_SYNTHETIC_KEYS = 16384

_FOLDER = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What is fixed when the program is loaded.

    `tag` is a source MAC address of six bytes, None observes the whole machine. `synthetic` adds the program that emits
    records without packets. `entry` is the function that is attached: another than on_drop does a part of its work, to
    be measured.
    """

    channel: Channel
    tag: bytes | None = None
    synthetic: bool = False
    entry: Entry = "on_drop"

    def __post_init__(self) -> None:
        if self.tag is not None and len(self.tag) != 6:
            raise ValueError(f"a tag is a MAC address of 6 bytes, not {len(self.tag)}")


class Program:
    """The loaded program, as a context manager; leaving it detaches and frees everything in the kernel.

    `bcc` is bcc's own object for it.
    """

    def __init__(self, options: LoadOptions) -> None:
        self.options = options
        self.carriers: Sequence[int] = ()
        self._stack = contextlib.ExitStack()
        self._attached = False

    def __enter__(self) -> Self:
        bcc = import_bcc()
        flags = compile_flags(self.options)
        os.environ["BCC_KERNEL_SOURCE"] = str(_FOLDER / "include")
        with _clear_error("compile and load the BPF program"), same_folder():
            self.bcc: Any = bcc.BPF(text=source("drops.c"), cflags=flags)
            # bcc.BPF() closes what it holds at interpreter exit only; __exit__ calls cleanup() and unregisters it
            self.on_drop_fd = int(self.bcc.load_func(self.options.entry.encode(), bcc.BPF.RAW_TRACEPOINT).fd)
            self._emit = self.bcc.load_func(b"emit", bcc.BPF.SCHED_CLS) if self.options.synthetic else None
            self.carriers = self.options.channel.set_up(self.map_fd, self._stack)
        self.counters = CounterMap(self.map_fd("counters"))
        return self

    def __exit__(self, *exc: object) -> None:
        self.detach()
        self._stack.close()
        self.bcc.cleanup()

    def attach(self) -> None:
        """Begin to observe drops."""
        with _clear_error(f"attach to the raw tracepoint {TRACEPOINT}"):
            self.bcc.attach_raw_tracepoint(tp=TRACEPOINT.encode(), fn_name=self.options.entry.encode())
        self._attached = True

    def detach(self) -> None:
        """Stop observing; a no-op when not attached. What is in the ring stays readable."""
        if self._attached:
            self.bcc.detach_raw_tracepoint(TRACEPOINT.encode())
            self._attached = False

    def map_fd(self, name: str) -> int:
        """Return the descriptor of a map of drops.c; it belongs to the program."""
        return int(self.bcc[name.encode()].map_fd)

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
        return None if name is None else self.bcc[name.encode()]

    @property
    def emit_fd(self) -> int:
        """Descriptor of the synthetic program. Raises ValueError when it was not loaded."""
        if self._emit is None:
            raise ValueError("the program was loaded without synthetic=True")
        return int(self._emit.fd)

    def skipped(self) -> int | None:
        """Return how many runs the kernel skipped, or None where it does not count them."""
        return syscalls.program_info(self.on_drop_fd).recursion_misses


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
        try:
            arguments = types.tracepoint_arguments(TRACEPOINT)
            flags += [
                f"-DARG_SKB={arguments.index('struct sk_buff *')}",
                f"-DARG_LOCATION={arguments.index('void *')}",
                f"-DARG_REASON={arguments.index('enum skb_drop_reason')}",
            ]
            if options.tag is not None:
                flags += [
                    f"-DTAG={int.from_bytes(options.tag, 'little')}ULL",
                    f"-DOFFSET_HEAD={types.field_offset('sk_buff', 'head')}",
                    f"-DOFFSET_MAC_HEADER={types.field_offset('sk_buff', 'mac_header')}",
                ]
        except (KeyError, ValueError) as error:
            raise CannotRun(
                f"this kernel's tracepoint skb:{TRACEPOINT} does not give a drop reason ({error})",
                "use Linux 5.17 or later (or a kernel to which drop reasons were backported)",
            ) from error
    flags += [*namespace_flags(), *options.channel.flags]
    if options.entry != "on_drop":
        flags.append("-DBASELINES")
    if options.synthetic:
        flags += [f"-DSYNTHETIC={MAX_SYNTHETIC_KEYS}", f"-DSYNTHETIC_PLANS={syscalls.possible_cpus()}"]
    return flags


def source(name: str) -> bytes:
    """Return a program with our headers in it: bcc rewrites the use of maps in the source, and in nothing included."""
    ours = re.compile(rb'^#include "([a-z]+[.]h)"$', re.MULTILINE)
    return ours.sub(lambda include: (_FOLDER / include[1].decode()).read_bytes(), (_FOLDER / name).read_bytes())


@contextlib.contextmanager
def same_folder() -> Iterator[None]:
    """Come back to the working folder: bcc leaves it, and goes back by path, which may lead through a closed one."""
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield
    finally:
        os.fchdir(folder)
        os.close(folder)


@contextlib.contextmanager
def _clear_error(step: str) -> Iterator[None]:
    """Turn bcc's bare Exception into ours, with the likely cure."""
    try:
        yield
    except Exception as error:  # bcc raises nothing narrower
        raise CannotRun(
            f"cannot {step}: {error}", "run `bench doctor`; root is needed, and memory for the ring that was asked for"
        ) from error
