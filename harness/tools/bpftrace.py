"""bpftrace, counting in the kernel and printing each drop."""

import re
from pathlib import Path

from harness.consumer.command import Recipe, Usage
from harness.messages import Done
from harness.tools import told

SETTLE_S = 0.5
_PRINTING = (
    'printf("%llu Drop | PID: %d | Reason: %d | Function: %s\\n", nsecs, pid, args->reason, ksym(args->location))'
)


def recipes(reason: int, folder: Path) -> dict[str, Recipe]:
    probe = f"tracepoint:skb:kfree_skb /args->reason == {reason}/"
    lines = folder / "bpftrace.txt"

    def printed(_said: str, usage: Usage) -> Done:
        return told(usage, *count_lines(lines.read_bytes()))

    return {
        "bpftrace-count": Recipe(
            name="bpftrace",
            command=("bpftrace", "-e", f"{probe} {{ @[args->reason] = count(); }}"),
            done=lambda said, usage: told(usage, count_of_map(said), in_kernel=True),
            settle_s=SETTLE_S,
        ),
        "bpftrace-printf": Recipe(
            name="bpftrace",
            command=("bpftrace", "-B", "full", "-o", str(lines), "-e", f"{probe} {{ {_PRINTING}; }}"),
            done=printed,
            settle_s=SETTLE_S,
        ),
    }


def count_of_map(said: str) -> int:
    """Read the map that it prints when it ends."""
    return sum(map(int, re.findall(r"^@\[\d+\]: (\d+)$", said, re.MULTILINE)))


def count_lines(written: bytes) -> tuple[int, int]:
    """Count its lines, and what it says that it lost: with -o that stands between them, not on stderr.

    It says so when it reads on: what is lost at the end of a burst it never tells, and that is found missing only.
    """
    return written.count(b" Drop | "), sum(map(int, re.findall(rb"^Lost (\d+) events$", written, re.MULTILINE)))
