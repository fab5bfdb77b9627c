"""Others' programs that may hide drops from perf's users: a tool that is compared with bench would miss them."""

from collections.abc import Iterator
from pathlib import Path

from bpf.errors import CannotRun
from bpf.perf_programs import attached_through_perf
from harness.doctor import AS_ROOT, Finding
from harness.machine.privileges import is_root

TRACEPOINT = "kfree_skb"


def check() -> Iterator[Finding]:
    """Ask the kernel of each perf event that a process holds."""
    try:
        if not is_root():
            raise PermissionError
        holders = sorted({attached.pid for attached in attached_through_perf(TRACEPOINT)})
    except PermissionError:
        yield Finding(level="unchecked", what="whether another's program may hide drops from perf", cure=AS_ROOT)
        return
    except CannotRun:
        return  # without libbpf, of which another check tells
    for pid in holders:
        yield Finding(
            level="warning",
            what=f"{_name(pid)} (process {pid}) has a program on skb:{TRACEPOINT} through perf: while it returns 0, "
            "perf, trace-cmd and the like see no drop at all; bench does, by a raw tracepoint",
            cure="end it before another tool is believed or compared (bpftool perf show lists such programs)",
        )
    if not holders:
        yield Finding(level="fine", what="no program hides drops from perf")


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError:
        return "one that has ended"
