"""Write the lines of events to a descriptor: what `file` and `terminal` share."""

from __future__ import annotations

from modes._kit import Kit
from modes._lines import Lines
from modes._sink import Sink


class Writer(Lines):
    """An event is consumed when the write of its line has returned."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        if kit.output is None:
            raise ValueError("a mode that writes needs an output")
        self._sink = Sink(kit.output)

    def put(self, lines: bytes, events: int) -> None:
        self._sink.add(lines, events)
        self.consumed = self._sink.events

    def flush(self) -> None:
        self._sink.flush()
        self.consumed = self._sink.events
