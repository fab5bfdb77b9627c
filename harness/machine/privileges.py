"""What a process must be allowed for loading programs, making the testbed and sending frames."""

import ctypes
import os
import shutil
import struct
from pathlib import Path
from typing import NoReturn

from bpf.errors import CannotRun
from harness.machine.checkout import checkout
from harness.machine.proc import PROC, lines

# Bits of include/uapi/linux/capability.h, each with what fails without it. CAP_BPF and CAP_PERFMON are not among them:
# the kernel takes CAP_SYS_ADMIN for either (bpf_capable, perfmon_capable), and namespaces need that one anyway.
NEEDED = {
    "CAP_NET_ADMIN": (12, "making the testbed's interfaces, addresses and settings"),
    "CAP_NET_RAW": (13, "sending frames through a packet socket"),
    "CAP_SYS_ADMIN": (21, "making network namespaces, loading programs and attaching to a tracepoint"),
    "CAP_SYSLOG": (34, "reading the kernel's symbol addresses, by which functions are named"),
}

# What a consumer may need once it is ready: an attached program runs by itself, and a ring that is mapped stays so.
# Kernels before 5.19 want CAP_BPF for reading a map too, and a mode may name a symbol, or count events, later on.
KEPT_BY_CONSUMERS = {"CAP_SYSLOG": 34, "CAP_PERFMON": 38, "CAP_BPF": 39}

# include/uapi/linux/prctl.h, capability.h
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_SETPCAP = 8


def missing_capabilities(of: str = "CapEff") -> list[str]:
    """List what is needed and not in this process's effective set or, with CapBnd, in what it could ever get."""
    held = _held(of)
    return [name for name, (bit, _) in NEEDED.items() if not held >> bit & 1]


def drop_all_but(*kept: int) -> None:
    """Give up all capabilities but these, for good: neither this thread nor what it starts gets them back.

    Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    held = _held("CapPrm")
    left = sum(1 << bit for bit in kept) & held
    # A program that root starts gets what the bounding set holds, were it not for both of these.
    if held >> _CAP_SETPCAP & 1:
        for bit in range(_held("CapBnd").bit_length()):
            if bit not in kept:
                libc.prctl(_PR_CAPBSET_DROP, bit, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    low, high = left & 0xFFFFFFFF, left >> 32
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    if libc.capset(header, struct.pack("=6I", low, low, 0, high, high, 0)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"giving up capabilities: {os.strerror(error)}")


def _held(which: str) -> int:
    """Return a set of this thread's capabilities, as bits."""
    return int(next(line for line in lines(PROC / "thread-self/status") if line.startswith(f"{which}:")).split()[1], 16)


def is_root() -> bool:
    return os.geteuid() == 0


def to_type(command: str) -> str:
    """Say what is to be typed so that root runs a command: there may be no sudo, and root needs none."""
    if is_root():
        return f"type: {command}"
    return f"type: sudo {command}" if shutil.which("sudo") else f"as root, type: {command}"


def in_user_namespace() -> bool:
    """Tell whether root is root only in a user namespace, where the kernel lets it load no programs."""
    first_of_all = ["0", "0", "4294967295"]  # maps every identity to itself
    return Path("/proc/self/uid_map").read_text(encoding="utf-8").split() != first_of_all


def require(needs: str, what: str, argv: list[str]) -> None:
    """Start over as root, or refuse, where `what` needs more than this process may do; `needs` is as a command's NEEDS.

    Raises CannotRun where root cannot either.
    """
    missing = missing_capabilities() if needs == "kernel" else []
    if (missing or needs == "root") and not is_root():
        _ask_for_root(what, argv)
    if missing:
        raise CannotRun(
            f"{what} needs {', '.join(missing)}, which this root does not have",
            "grant them to the container (docker run --privileged, or --cap-add each), or run outside of it",
        )


def _ask_for_root(what: str, argv: list[str]) -> NoReturn:
    """Start over as root; the launcher's shell functions know how, and what is said of it."""
    ours = checkout()
    launched = "./bench" if Path.cwd() == ours else str(ours / "bench")
    script = 'here=$1 what=$2; shift 2; . "$here/harness/setup.sh"; ask_for_root "$what" "$@"'
    os.execv("/bin/sh", [launched, "-c", script, launched, str(ours), what, *argv])
