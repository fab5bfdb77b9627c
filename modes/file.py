"""Name reason and function, format a line, write it to a file through a 256 KiB buffer: shows what writing costs."""

from typing import ClassVar

from modes.parts import rawfile
from modes.parts.mode import Kit, Output
from modes.parts.writing import Formatted, Sink


class File(Formatted):
    writes: ClassVar[Output | None] = "file"

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
        self.consumed = self._sink.events  # those whose write has returned

    def flush(self) -> None:
        super().flush()
        self._sink.flush()
        self.consumed = self._sink.events
