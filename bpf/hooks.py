"""Where a program's functions are attached: their names say it, as bcc's do."""

import ctypes
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bpf.btf import libbpf
from bpf.errors import CannotRun
from bpf.namespace import within

_KPROBES = Path("/sys/bus/event_source/devices/kprobe")


class Device(Protocol):
    """An interface of the testbed: its number, in a namespace behind a descriptor."""

    @property
    def namespace(self) -> int: ...

    @property
    def ifindex(self) -> int: ...

    def prove(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Devices:
    """The testbeds' interfaces: where frames arrive, and where they leave from."""

    receivers: Sequence[Device] = ()
    senders: Sequence[Device] = ()


@dataclass(frozen=True, slots=True)
class Hook:
    """A function, the kind of its place, and which of these: a tracepoint, a function of the kernel."""

    function: str
    kind: str
    target: str

    @property
    def on_device(self) -> bool:
        return self.kind in _PLACES

    @property
    def program_type(self) -> str:
        """What bcc calls the type of its program."""
        return _TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class _Place:
    """A place of a device: its enum bpf_attach_type and flags, its name, and what to do where the kernel has it not."""

    attach_type: int
    flags: int
    what: str
    cure: str


# Generic XDP (XDP_FLAGS_SKB_MODE): a frame that it does not get is one of which the sender was told, as of any full
# backlog. A veth's own XDP has a queue that drops without a word.
_PLACES = {
    "xdp": _Place(37, 2, "XDP", "use a kernel of 5.9 or later, and --sender packet"),
    "tc_ingress": _Place(46, 0, "TCX", "use a kernel of 6.6 or later"),
    "tc_egress": _Place(47, 0, "TCX", "use a kernel of 6.6 or later"),
}

_TYPES = {
    "raw_tracepoint": "RAW_TRACEPOINT",
    "tracepoint": "TRACEPOINT",
    "kprobe": "KPROBE",
    "kretprobe": "KPROBE",
    "kfunc": "TRACING",
    "kretfunc": "TRACING",
    "xdp": "XDP",
    "tc_ingress": "SCHED_CLS",
    "tc_egress": "SCHED_CLS",
}


def hook_of(function: str) -> Hook | None:
    """Read off a function's name where it is attached; None: nowhere."""
    kind, _, target = function.partition("__")
    if kind not in _TYPES or not target:
        return None
    return Hook(function, kind, target.replace("__", ":", 1) if kind == "tracepoint" else target)


def known_prefixes() -> str:
    return ", ".join(f"{kind}__" for kind in _TYPES)


def lacking(kind: str) -> str | None:
    """Say what this kernel lacks for functions that are attached so, or None."""
    if kind in ("kprobe", "kretprobe") and not _KPROBES.exists():
        return "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)"
    return None


def attach(bcc: Any, hook: Hook, fd: int, devices: Devices, undo: ExitStack) -> None:
    """Attach a loaded function, and leave on `undo` what detaches it. Raises what bcc raises, OSError and CannotRun."""
    name, target = hook.function.encode(), hook.target.encode()
    if hook.kind == "raw_tracepoint":
        bcc.attach_raw_tracepoint(tp=target, fn_name=name)
        undo.callback(bcc.detach_raw_tracepoint, target)
    elif hook.kind == "tracepoint":
        bcc.attach_tracepoint(tp=target, fn_name=name)
        undo.callback(bcc.detach_tracepoint, target)
    elif hook.kind in ("kprobe", "kretprobe"):
        event = bcc.fix_syscall_fnname(target)
        getattr(bcc, f"attach_{hook.kind}")(event=event, fn_name=name)
        undo.callback(getattr(bcc, f"detach_{hook.kind}"), event)
    elif hook.kind in ("kfunc", "kretfunc"):
        getattr(bcc, f"attach_{hook.kind}")(fn_name=name)
        undo.callback(getattr(bcc, f"detach_{hook.kind}"), name)
    else:
        for device in devices.senders if hook.kind == "tc_egress" else devices.receivers:
            _link(fd, device, _PLACES[hook.kind], undo)


class _LinkOptions(ctypes.Structure):
    """struct bpf_link_create_opts of libbpf, as far as it is used."""

    _fields_ = [("sz", ctypes.c_size_t), ("flags", ctypes.c_uint32)]


def _link(fd: int, device: Device, place: _Place, undo: ExitStack) -> None:
    """Attach by a link, which the kernel takes back when its descriptor is closed, however this process ends."""
    options = _LinkOptions(sz=ctypes.sizeof(_LinkOptions), flags=place.flags)
    with within(device.namespace):
        device.prove()
        link: int = libbpf().bpf_link_create(fd, device.ifindex, place.attach_type, ctypes.byref(options))
    if link < 0:
        why = os.strerror(ctypes.get_errno() or -link)
        raise CannotRun(f"cannot attach {place.what} to the testbed's device ({why})", place.cure)
    undo.callback(os.close, link)
