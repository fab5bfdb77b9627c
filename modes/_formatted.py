"""Make of each event what `--format` says: a line of text, a line of JSON, or its raw record."""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from bpf.record import HEADER_BYTES, RECORD_BYTES, Samples
from modes._decode import decoder
from modes._form import form_of
from modes._kit import Format, Kit
from modes._lines import BatchLines, LineByLine
from modes._mode import Mode


class Formatted(Mode, ABC):
    """Makes bytes of each event; what becomes of them is up to `put`, which a mode defines."""

    formats: ClassVar[tuple[Format, ...]] = ("text", "json", "raw")

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._decode = decoder(kit)
        self._raw = kit.format == "raw"
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
