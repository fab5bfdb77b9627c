"""What a process must be allowed for loading programs, making the testbed and sending frames."""

from __future__ import annotations

import os
from pathlib import Path

# Bits of include/uapi/linux/capability.h, each with what fails without it. CAP_BPF and CAP_PERFMON are not among them:
# the kernel takes CAP_SYS_ADMIN for either (bpf_capable, perfmon_capable), and namespaces need that one anyway.
NEEDED = {
    "CAP_NET_ADMIN": (12, "making the testbed's interfaces, addresses and settings"),
    "CAP_NET_RAW": (13, "sending frames through a packet socket"),
    "CAP_SYS_ADMIN": (21, "making network namespaces, loading programs and attaching to a tracepoint"),
    "CAP_SYSLOG": (34, "reading the kernel's symbol addresses, by which functions are named"),
}


def missing_capabilities(of: str = "CapEff") -> list[str]:
    """List what is needed and not in this process's effective set or, with CapBnd, in what it could ever get."""
    lines = Path("/proc/self/status").read_text().splitlines()
    held = int(next(line for line in lines if line.startswith(f"{of}:")).split()[1], 16)
    return [name for name, (bit, _) in NEEDED.items() if not held >> bit & 1]


def is_root() -> bool:
    return os.geteuid() == 0


def in_user_namespace() -> bool:
    """Tell whether root is root only in a user namespace, where the kernel lets it load no programs."""
    first_of_all = ["0", "0", "4294967295"]  # maps every identity to itself
    return Path("/proc/self/uid_map").read_text().split() != first_of_all
