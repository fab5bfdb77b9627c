"""What a process must be allowed for loading programs, making the testbed and sending frames."""

from __future__ import annotations

import os
from pathlib import Path

# Bits of include/uapi/linux/capability.h, each with what fails without it.
NEEDED = {
    "CAP_NET_ADMIN": (12, "making the testbed's interfaces, addresses and rules"),
    "CAP_NET_RAW": (13, "sending frames through a packet socket"),
    "CAP_SYS_ADMIN": (21, "making network namespaces and finding a map by its number"),
    "CAP_SYSLOG": (34, "reading the kernel's symbol addresses"),
    "CAP_PERFMON": (38, "attaching to a tracepoint"),
    "CAP_BPF": (39, "loading programs and making maps"),
}


def missing_capabilities(status: Path = Path("/proc/self/status")) -> list[str]:
    """List what this process needs and does not have, by name."""
    line = next(line for line in status.read_text().splitlines() if line.startswith("CapEff:"))
    effective = int(line.split()[1], 16)
    return [name for name, (bit, _) in NEEDED.items() if not effective >> bit & 1]


def is_root() -> bool:
    return os.geteuid() == 0
