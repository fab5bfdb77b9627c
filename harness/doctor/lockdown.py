"""Kernel lockdown: in its strictest form programs may not read memory, and so not tell whose a packet is."""

from collections.abc import Iterator
from pathlib import Path

from harness.doctor import Finding

LOCKDOWN = Path("/sys/kernel/security/lockdown")


def check(lockdown: Path = LOCKDOWN) -> Iterator[Finding]:
    """Read the level, where the kernel shows it to this process."""
    try:
        levels = lockdown.read_text(encoding="utf-8")
    except (
        OSError
    ):  # no lockdown in this kernel, securityfs not mounted, or not ours to read: `program` tells in the end
        return
    if "[confidentiality]" in levels:
        yield Finding(
            level="missing",
            what="the kernel is locked down (confidentiality): BPF programs may not read its memory",
            cure="boot with lockdown=integrity, or without lockdown",
        )
