"""Run-time statistics of BPF programs, left on by someone: some 20 ns more for each run of each program."""

from collections.abc import Iterator
from pathlib import Path

from harness.doctor import Finding
from harness.machine.privileges import to_type

SETTING = Path("/proc/sys/kernel/bpf_stats_enabled")


def check(setting: Path = SETTING) -> Iterator[Finding]:
    """Read the setting; where the kernel has none it keeps no statistics."""
    if setting.exists() and setting.read_text(encoding="utf-8").strip() == "1":
        yield Finding(
            level="warning",
            what="run-time statistics of BPF programs are on: each run of the program costs some 20 ns more",
            cure=to_type("sysctl kernel.bpf_stats_enabled=0"),
        )
