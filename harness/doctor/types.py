"""The kernel's own types (BTF): the tracepoint's arguments, and where a packet keeps its source address."""

from collections.abc import Iterator
from pathlib import Path

from bpf.btf import KernelTypes
from bpf.channels.ring import RingChannel
from bpf.errors import CannotRun
from bpf.program import TRACEPOINT, LoadOptions, compile_flags
from harness.doctor import Finding

VMLINUX = Path("/sys/kernel/btf/vmlinux")


def check() -> Iterator[Finding]:
    """Look up all that the program is compiled with."""
    if not VMLINUX.exists():
        yield Finding(
            level="missing",
            what=f"the kernel does not describe its types: there is no {VMLINUX}",
            cure="boot a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, mount the host's /sys/kernel/btf",
        )
        return
    try:
        compile_flags(LoadOptions(channel=RingChannel(), tag=bytes(6)))
        with KernelTypes() as types:
            arguments = ", ".join(types.tracepoint_arguments(TRACEPOINT))
    except CannotRun as error:
        yield Finding(level="missing", what=error.what, cure=error.cure)
    else:
        yield Finding(level="fine", what=f"the kernel describes its types; skb:{TRACEPOINT} has {arguments}")
