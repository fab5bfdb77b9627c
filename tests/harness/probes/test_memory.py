"""Memory that stays, and the peak that a machine may not tell."""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.probes.process import MemoryProbe

CHECKOUT = Path(__file__).resolve().parents[3]


def test_tells_what_is_kept_an_event() -> None:
    """An object kept for each of ten thousand events is one block per event; what came and went is not counted."""
    probe = MemoryProbe()
    probe.start()
    kept = []
    for _ in range(10_000):
        kept.append(object())
        object()
    found = probe.stop(10_000).metrics
    assert found["blocks_retained_per_event"] == pytest.approx(1, abs=0.05)


def touch(size: int) -> None:
    """Make so much memory resident, and give it back: a mapping, since malloc may reuse what is resident already."""
    with mmap.mmap(-1, size) as block:
        for offset in range(0, size, mmap.PAGESIZE):
            block[offset] = 1


def test_the_peak_is_that_of_the_time_between() -> None:
    """64 MiB that were freed before the probe began are forgotten; 32 MiB that came and went during it are the peak."""
    touch(64 << 20)
    probe = MemoryProbe()
    probe.start()
    before = probe._resident_bytes()
    touch(32 << 20)
    peak = probe.stop(1).metrics["rss_peak_bytes"]
    assert 24 << 20 <= peak - before < 60 << 20


def test_a_peak_that_cannot_be_reset_is_absent(tmp_path: Path) -> None:
    """Without clear_refs the peak would be the compiler's of the start: it is left out, and the reason is said."""
    for name in ("statm", "status"):
        shutil.copy(f"/proc/self/{name}", tmp_path / name)
    (tmp_path / "clear_refs").mkdir()
    probe = MemoryProbe(tmp_path)
    probe.start()
    found = probe.stop(1)
    assert "rss_peak_bytes" not in found.metrics
    assert "clear_refs" in found.absent["rss_peak_bytes"]


@pytest.mark.parametrize(
    ("allocator", "counted"), [("malloc", False), ("malloc_debug", False), ("pymalloc", True), ("pymalloc_debug", True)]
)
def test_blocks_are_absent_where_python_does_not_count_them(allocator: str, counted: bool) -> None:
    """Under another allocator there is no count of blocks, and none must not read as 0."""
    code = (
        "from harness.probes.process import MemoryProbe\n"
        "probe = MemoryProbe()\nprobe.start()\nkept = [object() for _ in range(1000)]\nfound = probe.stop(1000)\n"
        "print(found.metrics.get('blocks_retained_per_event'), found.absent.get('blocks_retained_per_event'))\n"
    )
    environment = {**os.environ, "PYTHONMALLOC": allocator}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.startswith("1." if counted else "None Python's own allocator")
