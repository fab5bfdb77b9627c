"""The clock that programs read, beside this process's own: a time namespace moves only the latter."""

import time
from pathlib import Path

OFFSETS = Path("/proc/self/timens_offsets")


def ahead_ns(offsets: Path = OFFSETS) -> int:
    """Return by how much CLOCK_MONOTONIC is ahead here of what bpf_ktime_get_ns gives (time_namespaces(7))."""
    if not offsets.exists():  # a kernel without CONFIG_TIME_NS
        return 0
    rows = (line.split() for line in offsets.read_text().splitlines())
    seconds, nanoseconds = next((row[1], row[2]) for row in rows if row[0] == "monotonic")
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


def realtime_offset_ns() -> int:
    """Return what turns a record's timestamp into the time of day; both clocks are read close together."""
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    wall = time.clock_gettime_ns(time.CLOCK_REALTIME)
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return wall - (before + after) // 2 + ahead_ns()
