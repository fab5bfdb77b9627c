"""Memory that the consumer keeps: resident pages and Python's allocated blocks; a few reads a trial."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harness.probes.reading import Reading

PROC = Path("/proc/self")


def unsupported(proc: Path = PROC) -> str | None:
    """Say why the peak of a trial cannot be told, or None. Resets this process's own peak."""
    try:
        (proc / "clear_refs").write_text("5")  # since 4.0: resets VmHWM, touches no page
    except OSError as error:
        return f"the peak cannot be reset after the start ({proc}/clear_refs: {error.strerror})"
    return None


class MemoryProbe:
    """Reads peak and growth of resident memory, and the blocks that are still allocated.

    `sys.getallocatedblocks` counts what Python's own allocator (objects up to 512 bytes) holds now; what came and went
    in between is the allocation pass's. It takes 0.2 us on a small heap, 135 us on one of three million objects.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc

    def start(self) -> None:
        self._no_peak = unsupported(self._proc)  # forgets the peak of the start, when the compiler was at work
        self._resident_before = self._resident_bytes()
        self._blocks_before = sys.getallocatedblocks()  # 0 under another allocator than Python's own (PYTHONMALLOC)

    def stop(self, events: int) -> Reading:
        blocks = sys.getallocatedblocks() - self._blocks_before
        metrics: dict[str, float] = {"rss_growth_bytes": self._resident_bytes() - self._resident_before}
        absent = {}
        if self._no_peak is None:
            metrics["rss_peak_bytes"] = self._peak_bytes()
        else:
            absent["rss_peak_bytes"] = self._no_peak
        if not self._blocks_before:
            absent["blocks_retained_per_event"] = "Python's own allocator, which counts blocks, is off (PYTHONMALLOC)"
        elif events:
            metrics["blocks_retained_per_event"] = blocks / events
        return Reading(metrics=metrics, absent=absent)

    def _resident_bytes(self) -> int:
        return int((self._proc / "statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _peak_bytes(self) -> int:
        status = (self._proc / "status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
