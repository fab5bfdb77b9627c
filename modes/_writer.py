"""Write what `--format` makes of events to a descriptor: what `file` and `terminal` share."""

from __future__ import annotations

from bpf import rawfile
from modes._formatted import Formatted
from modes._kit import Kit
from modes._sink import Sink


class Writer(Formatted):
    """An event is consumed when the write of its bytes has returned."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        if kit.output is None:
            raise ValueError("a mode that writes needs an output")
        self._sink = Sink(kit.output)
        if kit.format == "raw":
            self._sink.add(rawfile.header(kit.realtime_offset_ns, kit.reasons), 0)
            self._sink.flush()

    def put(self, data: bytes | memoryview, events: int) -> None:
        self._sink.add(data, events)
        self.consumed = self._sink.events

    def flush(self) -> None:
        self._sink.flush()
        self.consumed = self._sink.events
