"""Which CPUs there are."""

from functools import cache
from pathlib import Path

ONLINE = Path("/sys/devices/system/cpu/online")


@cache
def online_cpus() -> tuple[int, ...]:
    """Number the CPUs that were online when this was first asked."""
    return tuple(cpu for part in ONLINE.read_text().split(",") for cpu in _span(part))


def _span(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
