"""What the consumer wrote, seen from outside: where the descriptor that both share stands when it is done."""

from __future__ import annotations

import os
import stat

from harness.probes.reading import Reading


def bytes_written(output_fd: int | None, events: int) -> Reading:
    """Count a file's bytes by its offset, not its size, which a consumer may have set in advance; costs nothing."""
    if output_fd is None or not stat.S_ISREG(os.fstat(output_fd).st_mode):
        return Reading()
    if not events:
        return Reading(absent={"bytes_written_per_event": "no events"})
    return Reading(metrics={"bytes_written_per_event": os.lseek(output_fd, 0, os.SEEK_CUR) / events})
