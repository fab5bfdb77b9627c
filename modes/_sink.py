"""A buffer before a descriptor that knows which events have really been written."""

from __future__ import annotations

import os

BUFFER_BYTES = 256 * 1024


class Sink:
    """Collects bytes and writes them out in pieces of 256 KiB; `events` counts those whose write has returned."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._buffer = bytearray()
        self._waiting = 0
        self.events = 0

    def add(self, data: bytes | memoryview, events: int) -> None:
        """Take the lines of so many events. Raises OSError when a write fails."""
        self._buffer += data
        self._waiting += events
        if len(self._buffer) >= BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write out all that is buffered. Raises OSError."""
        with memoryview(self._buffer) as whole:
            written = 0
            while written < len(whole):
                written += os.write(self._fd, whole[written:])
        self._buffer.clear()
        self.events += self._waiting
        self._waiting = 0
