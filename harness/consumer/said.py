"""What a program says, through a pipe into memory: it may open /dev/stdout anew, and takes nothing away by that.

A file would be emptied then, and written over from its start. A thread of ours keeps the pipe empty.
"""

import fcntl
import os
import select
import threading
import time

_PIPE_BYTES = 1 << 20  # as much as anybody may have (pipe-max-size); a slow look is no wait for the program then
# Between two looks: so often, at most, we are woken by what it says.
_PAUSE_S = 0.001
_TAIL_BYTES = 1 << 12


class Said:
    """Keeps what is written to `sink`: the first `most` bytes, and `flooded` when there are more; or the last ones.

    Who floods finds that nobody reads any more (SIGPIPE).
    """

    def __init__(self, most: int, *, only_end: bool = False) -> None:
        self._most, self._only_end = most, only_end
        self._source, self.sink = os.pipe()
        os.set_blocking(self._source, False)
        os.fchmod(self.sink, 0o666)  # who has become another user may open it too
        fcntl.fcntl(self.sink, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._kept = os.memfd_create("bench-said")
        self._bytes = 0
        self._flooded = False
        self._lock = threading.Lock()
        self._stop = os.eventfd(0)
        self._thread = threading.Thread(target=self._keep_up, name="bench-said", daemon=True)
        self._thread.start()

    @property
    def size(self) -> int:
        self._take()
        return self._bytes

    @property
    def flooded(self) -> bool:
        self._take()
        return self._flooded

    def read(self, begin: int = 0) -> bytes:
        """Return what is kept, all that was written before this call."""
        return os.pread(self._kept, self.size - begin, begin)

    def tail(self) -> bytes:
        return self.read(max(0, self.size - _TAIL_BYTES))

    def close(self) -> None:
        os.eventfd_write(self._stop, 1)
        self._thread.join()
        for descriptor in (self._source, self._kept, self._stop):
            os.close(descriptor)

    def _keep_up(self) -> None:
        while self._stop not in select.select([self._source, self._stop], [], [])[0] and self._take():
            time.sleep(_PAUSE_S)

    def _take(self) -> bool:
        """Move what is in the pipe, and no more than it holds; tell whether anything can follow."""
        with self._lock:
            moved_in_all = 0
            while not self._flooded and moved_in_all < _PIPE_BYTES:
                try:
                    most = min(_PIPE_BYTES, self._most - self._bytes)
                    moved = os.splice(self._source, self._kept, most, offset_dst=self._bytes)
                except BlockingIOError:
                    return True
                if not moved:
                    return False
                self._bytes += moved
                moved_in_all += moved
                if self._bytes == self._most:
                    self._full()
            return not self._flooded

    def _full(self) -> None:
        if self._only_end:
            self._bytes = os.pwrite(self._kept, os.pread(self._kept, _TAIL_BYTES, self._bytes - _TAIL_BYTES), 0)
            return
        self._flooded = True
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        os.dup2(nothing, self._source, inheritable=False)  # the number stays ours while the thread may look at it
        os.close(nothing)
