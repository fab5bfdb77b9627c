"""The consumer beside this one and a line more, a hundredth of the instructions: for certificates."""

import ctypes

from bpf.record import SAMPLE_BYTES, SAMPLE_STRUCT
from modes import Kit, Mode


class DropsByProcess(Mode):
    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self.drops: dict[tuple[int, int], int] = {}

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        _timestamp, _location, pid, reason = SAMPLE_STRUCT.unpack(ctypes.string_at(data, SAMPLE_BYTES))
        self.drops[pid, reason] = self.drops.get((pid, reason), 0) + 1
        -pid  # noqa: B018 - the line more
        self.consumed += 1
        return self.halt
