"""Who may write to a result file: many sessions side by side, or one that goes on with what the file holds."""

import contextlib
import fcntl
import os
from pathlib import Path

from results.errors import BadInput


def hold(descriptor: int, path: Path, *, alone: bool) -> None:
    """Hold a result file until the descriptor is closed or its process is gone. Raises BadInput naming who does.

    What comes next in a session that is resumed follows from what the file held when it was read, so nobody else may
    append to it. The kernel drops the lock with the process, however it ends.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = _holder(descriptor)
        who = "another process" if holder is None else f"process {holder}"
        if alone:
            raise BadInput(f"{who} is writing to {path}; resume when it has ended") from error
        raise BadInput(f"{who} resumes a session of {path}; wait until it ends, or name another file") from error
    except OSError as error:
        # A file system without locks: only who must be alone there has to know that he is.
        if alone:
            raise BadInput(f"cannot lock {path}, so it cannot be resumed: {error.strerror}") from error


def _holder(descriptor: int) -> int | None:
    """Find in /proc/locks a process that holds a lock on this file."""
    inode = os.fstat(descriptor).st_ino
    with contextlib.suppress(FileNotFoundError), Path("/proc/locks").open() as locks:
        for line in locks:
            # "1: FLOCK  ADVISORY  WRITE 4108 fe:00:2294381 0 EOF"; one that waits has an arrow after the number.
            words = line.split()
            if words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode) and int(words[4]) > 0:
                return int(words[4])
    return None
