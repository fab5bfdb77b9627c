"""The kernel's files of tracepoints, by which a user's own program, bpftrace and perf attach."""

from collections.abc import Iterator

from harness.doctor import AS_ROOT, Finding
from harness.machine.privileges import is_root
from harness.machine.tracefs import TRACEFS, bring_tracefs, tracefs_is_there


def check() -> Iterator[Finding]:
    """Look for them as a session does, which mounts them for itself where nobody has."""
    if not is_root():
        yield Finding(level="unchecked", what="whether the kernel's tracepoints can be attached to", cure=AS_ROOT)
        return
    bring_tracefs()
    if tracefs_is_there():
        yield Finding(level="fine", what="tracefs is there, or bench mounts it for itself")
    else:
        yield Finding(
            level="warning",
            what="tracefs is not mounted: a --program of yours on a tracepoint, bpftrace and perf cannot attach",
            cure=f"type: mount -t tracefs tracefs {TRACEFS}; in a container, mount the host's",
        )
