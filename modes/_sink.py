"""A buffer before a descriptor that knows which events have really been written."""

from __future__ import annotations

import os

BUFFER_BYTES = 256 * 1024
DIRECT_BYTES = 64 * 1024
"""From this size on a piece is written as it is: copying it into the buffer would cost more than the system call."""


class Sink:
    """Collects bytes and writes them out in pieces of 256 KiB; `events` counts those whose write has returned."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._buffer = bytearray()
        self._waiting = 0
        self.events = 0

    def add(self, data: bytes | memoryview, events: int) -> None:
        """Take the bytes of so many events. Raises OSError when a write fails."""
        if len(data) >= DIRECT_BYTES:
            self.flush()
            self._write(data)
            self.events += events
            return
        self._buffer += data
        self._waiting += events
        if len(self._buffer) >= BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write out all that is buffered. Raises OSError."""
        if not self._buffer:
            return
        with memoryview(self._buffer) as whole:
            self._write(whole)
        self._buffer.clear()
        self.events += self._waiting
        self._waiting = 0

    def _write(self, data: bytes | memoryview) -> None:
        written = os.write(self._fd, data)
        while written < len(data):
            with memoryview(data)[written:] as rest:
                written += os.write(self._fd, rest)
