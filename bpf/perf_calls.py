"""Each record of the perf buffers, by bcc's own loop (libbcc's perf_reader): one call of `on_record` for each.

The events are ours, whose losses the kernel counts; what bcc's open_perf_buffer() adds to that loop is a Python
function around the callback, as there is one here.
"""

import ctypes
import fcntl
import mmap
from collections.abc import Sequence
from typing import Any

from bpf.channel import OnRecord, Part
from bpf.fields import Record
from bpf.perf import LOST_BYTES, PerfBuffer, record_bytes, refused
from bpf.perf_runs import PerfRuns
from bpf.program import import_bcc
from bpf.ring import SAMPLE_BYTES

# perf_reader_raw_cb and perf_reader_lost_cb of libbcc's perf_reader.h, and those of its functions that bcc leaves out
_OF_RECORD = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_OF_LOSS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)
_NEW = ctypes.CFUNCTYPE(ctypes.c_void_p, _OF_RECORD, _OF_LOSS, ctypes.c_void_p, ctypes.c_int)
_SET_FD = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)
_MAP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)

_PAUSE_OUTPUT = 0x40042409  # PERF_EVENT_IOC_PAUSE_OUTPUT


class PerfCalls:
    """Call `on_record` for what is in the buffers, one CPU after the other.

    Under a load that outruns it, a pass goes on for as long as records come. A negative return of `on_record` ends it:
    what was there by then is handed over, and what still comes finds no room until the pass has ended.
    """

    checksum: int | None = None
    overwritten = 0

    def __init__(self, events: Sequence[int], size_bytes: int, on_record: OnRecord, own: Record | None = None) -> None:
        library = import_bcc().lib
        self._buffers = [_Buffer(event, size_bytes, on_record, library, own) for event in events]
        self._consume = library.perf_reader_consume
        self._taken = 0
        self._readers = (ctypes.c_void_p * len(events))(*(buffer.reader for buffer in self._buffers))

    def consume(self) -> int:
        self._consume(len(self._readers), self._readers)  # it tells no count: the positions do
        before, taken = self._taken, 0
        for buffer in self._buffers:
            buffer.go_on()
            taken += buffer.read()
        self._taken = taken
        return taken - before

    def parts(self) -> Sequence[Part]:
        return [buffer.part() for buffer in self._buffers]

    def unread(self) -> int:
        return sum(buffer.unread() for buffer in self._buffers)


class _Buffer:
    """One CPU's: libbcc's `reader` of it, and its memory once more, which tells how far that is."""

    def __init__(
        self, event: int, size_bytes: int, on_record: OnRecord, library: ctypes.CDLL, own: Record | None
    ) -> None:
        self._event, self._memory, self._own = event, PerfBuffer(event, size_bytes), own
        self._record_bytes = record_bytes(SAMPLE_BYTES if own is None else own.sample.itemsize)
        self._begin = self._memory.tail[0]
        self._losses = self._told = 0
        self._leave_at: int | None = None

        def call(_cookie: Any, data: int, size: int) -> None:
            if answer := on_record(0, data, size):
                self._leave(answer)

        self._kept = _OF_RECORD(call), _OF_LOSS(self._lose)
        # It maps the event once more, until the process ends; the descriptor stays ours.
        self.reader = _NEW(("perf_reader_new", library))(*self._kept, None, size_bytes // mmap.PAGESIZE)
        _SET_FD(("perf_reader_set_fd", library))(self.reader, event)
        if _MAP(("perf_reader_mmap", library))(self.reader):
            raise OSError(ctypes.get_errno(), "libbcc cannot map a perf buffer")

    def read(self) -> int:
        return (self._memory.tail[0] - self._begin - self._losses * LOST_BYTES) // self._record_bytes

    def unread(self) -> int:
        return PerfRuns(self._memory, _nobody, own=self._own).unread()

    def part(self) -> Part:
        lost = refused(self._event)
        return Part(read=self.read(), overwritten=0, unread=self.unread(), kernel_refused=lost, kernel_told=self._told)

    def go_on(self) -> None:
        """Let records in again."""
        if self._leave_at is not None:
            self._leave_at = None
            fcntl.ioctl(self._event, _PAUSE_OUTPUT, 0)

    def _leave(self, answer: int) -> None:
        if answer > 0:
            return
        if self._leave_at is None:
            self._leave_at = self._memory.head[0]
        elif self._memory.tail[0] >= self._leave_at:
            fcntl.ioctl(self._event, _PAUSE_OUTPUT, 1)

    def _lose(self, _cookie: Any, count: int) -> None:
        self._losses += 1
        self._told += count


def _nobody(_samples: object) -> None:
    """Take nothing: what waits is only counted."""
