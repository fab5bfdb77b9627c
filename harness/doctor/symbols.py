"""The kernel's symbol addresses, by which functions are named."""

from collections.abc import Iterator
from pathlib import Path

from harness.doctor import Finding
from harness.machine.privileges import to_type

RESTRICTION = Path("/proc/sys/kernel/kptr_restrict")


def check(restriction: Path = RESTRICTION) -> Iterator[Finding]:
    """Read what hides them: 0 and 1 show them to root, 2 to nobody."""
    if restriction.read_text(encoding="utf-8").strip() == "2":
        yield Finding(
            level="warning",
            what="symbol addresses are hidden even from root: functions show as bare addresses, cheaper than names",
            cure=to_type("sysctl kernel.kptr_restrict=1"),
        )
    else:
        yield Finding(level="fine", what="root can read the kernel's symbol addresses")
