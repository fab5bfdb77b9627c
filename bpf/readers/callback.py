"""The `callback` reader: bcc's own, one Python call for each record, as in every bcc example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self, runtime_checkable

from bpf.channels.ring import RingPositions
from bpf.program import Program
from bpf.reader import Reader
from bpf.record import RECORD_BYTES

OnRecord = Callable[[int, int, int], int]
"""Called with (context, address of the sample, its size); a negative return ends the pass."""


@runtime_checkable
class TakesRecords(Protocol):
    """Is called for each record."""

    def on_record(self, ctx: int, data: int, size: int, /) -> int: ...


class CallbackReader(Reader):
    """Hand each record to `on_record`."""

    serves = TakesRecords
    bounded = False  # as libbpf does, it takes what comes while it works

    def __init__(self, program: Program, on_record: OnRecord) -> None:
        self._consume = program.bcc.ring_buffer_consume
        self._positions = RingPositions(program.channel_fd)
        program.events.open_ring_buffer(on_record)

    @classmethod
    def open(cls, program: Program, mode: object) -> Self:
        assert isinstance(mode, TakesRecords)
        return cls(program, mode.on_record)

    def unread(self, _consumed: int) -> int:
        return self._positions.unread_records

    def consume(self) -> int:
        """Call `on_record` until the ring is empty; return the number of records.

        Under a load that outruns it, it returns when `on_record` is negative or the load ends.
        """
        before = self._positions.consumed_bytes
        self._consume()  # bcc drops libbpf's count: the position tells it
        return (self._positions.consumed_bytes - before) // RECORD_BYTES
