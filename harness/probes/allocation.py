"""Every allocation of the consumer, the short-lived ones included, recorded by memray.

It costs about 0.4 us for each allocation and each release, and a look at each Python call: a pass of its own. What it
does not see is what is handed out again without asking an allocator: by the interpreter from its free lists (which
objects have one differs by version, docs/metrics.md), and by numpy from its cache of blocks below 1,024 bytes. A block
that is new or kept is seen.

Counted are allocations alone: the `total_allocations` of a memray file's metadata counts releases too.
"""

import logging
import os
from collections.abc import Sequence
from typing import Any

from harness.probes.code_line import code_line
from harness.probes.reading import Reading

SITES = 30
"""So many of the lines that allocate most often, and of those that allocate most bytes, are listed."""
_CONSIDERED = 200

Site = tuple[str, str, int]
"""(function, file, line)."""


class AllocationProbe:
    """Traces from `start` to `stop`, into memory: the file is anonymous and goes with the process."""

    def __init__(self) -> None:
        # memray loads a terminal's worth of packages: only this pass pays for it
        import memray  # noqa: PLC0415
        from memray._memray import set_log_level  # noqa: PLC0415

        set_log_level(logging.ERROR)
        self._descriptor = os.memfd_create("allocations")
        self._path = f"/proc/self/fd/{self._descriptor}"
        self._tracker = memray.Tracker(
            destination=memray.FileDestination(self._path, overwrite=True, compress_on_exit=False),
            trace_python_allocators=True,
            memory_interval_ms=60_000,  # its own thread that samples memory is of no use to us
        )

    def start(self) -> None:
        self._tracker.__enter__()

    def stop(self, events: int) -> Reading:
        self._tracker.__exit__(None, None, None)
        # What `memray stats` calls; the package offers no public name for it.
        from memray._memray import compute_statistics  # noqa: PLC0415 - as above

        found = compute_statistics(self._path, num_largest=_CONSIDERED)
        os.close(self._descriptor)
        if not events:
            return Reading(absent=dict.fromkeys(("allocations_per_event", "allocated_bytes_per_event"), "no events"))
        return Reading(
            metrics={
                "allocations_per_event": found.total_num_allocations / events,
                "allocated_bytes_per_event": found.total_memory_allocated / events,
                "allocated_peak_bytes": found.peak_memory_allocated,
            },
            series={"allocation_sites": _sites(found.top_locations_by_count, found.top_locations_by_size)},
        )


def _sites(by_count: Sequence[tuple[Site, int]], by_size: Sequence[tuple[Site, int]]) -> list[dict[str, Any]]:
    """List the lines that allocate most often, and those that allocate most, with what is known of each."""
    counts, sizes = dict(by_count), dict(by_size)
    most = [site for site, _ in (*by_count[:SITES], *by_size[:SITES])]
    return [
        {
            **code_line(file, line, function),
            "allocations": counts.get((function, file, line)),
            "bytes": sizes.get((function, file, line)),
        }
        for function, file, line in dict.fromkeys(most)
    ]
