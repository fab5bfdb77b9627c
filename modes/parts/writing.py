"""Make bytes of events as `--format` says, and write them through a buffer that knows which are really written."""

import ctypes
import functools
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from bpf.record import HEADER_BYTES, RECORD_BYTES, Samples
from modes.parts.decode import decoder
from modes.parts.lines import BatchLines, LineByLine, form_of
from modes.parts.mode import Format, Kit, Mode
from modes.parts.own_records import OwnLines
from modes.parts.stepping import StepLines, write_line

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


def _address(data: int) -> tuple[int]:
    """Decode nothing: who makes lines of a user's own events reads their fields itself."""
    return (data,)


class Formatted(Mode, ABC):
    """Makes bytes of each event; what becomes of them is up to `put`, which a mode defines."""

    formats: ClassVar[tuple[Format, ...]] = ("text", "json", "raw")

    _one_by_one: LineByLine | OwnLines
    _batch: BatchLines | OwnLines
    _decode: Callable[[int], tuple[int, ...]]

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._raw = kit.format == "raw"
        self._written = 0
        if kit.record is not None:
            self._one_by_one = self._batch = OwnLines(kit.record, as_json=kit.format == "json")
            self._decode = _address
            return
        self._decode = decoder(kit)
        if not self._raw:
            form = form_of(kit)
            self._one_by_one = LineByLine(form, kit.realtime_offset_ns)
            self._batch = BatchLines(form, kit.realtime_offset_ns)

    @abstractmethod
    def put(self, data: bytes | memoryview, events: int) -> None:
        """Do with the bytes of so many events what the mode is for; they are valid until it returns."""

    def take(self, samples: Samples) -> None:
        # Raw records in one piece are the ring's own memory: nothing is copied before the sink.
        raw = self._raw
        self.put(np.ascontiguousarray(samples).view(np.uint8).data if raw else self._batch.lines(samples), len(samples))

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        if self._raw:
            self.put(ctypes.string_at(data - HEADER_BYTES, RECORD_BYTES), 1)
        else:
            self.put(self._one_by_one.line(*self._decode(data)), 1)
        return self.halt

    step = staticmethod(write_line)

    @functools.cached_property
    def _stepping(self) -> StepLines:
        """What a step works with; a mebibyte that the other readers need not have."""
        return StepLines(None if self._raw else form_of(self.kit), self.kit.realtime_offset_ns)

    def state(self) -> tuple[npt.NDArray[np.generic], ...]:
        return self._stepping.state()

    def stepped(self, events: int) -> None:
        self._written += events
        if self._stepping.is_worth_putting:
            self._pour()

    def make_room(self, record: np.void) -> None:
        if self._stepping.is_full:
            self._pour()
        else:
            self._stepping.make_room(record)

    def flush(self) -> None:
        self._pour()

    def _pour(self) -> None:
        """Put what a step has written."""
        if self._written:
            self.put(self._stepping.lines(), self._written)
            self._stepping.clear()
            self._written = 0
