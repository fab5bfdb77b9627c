"""The `callback` reader: bcc's own, one Python call for each record, as in every bcc example."""

from __future__ import annotations

from collections.abc import Callable

from bpf.channels.ring import RingPositions
from bpf.program import Program
from bpf.record import RECORD_BYTES

OnRecord = Callable[[int, int, int], int]
"""Called with (context, address of the sample, its size); a negative return ends the pass."""


class CallbackReader:
    """Hand each record to `on_record`."""

    def __init__(self, program: Program, on_record: OnRecord, other_ring: int | None = None) -> None:
        """Open the program's ring; or, by its descriptor, another that a program like it fills."""
        self._consume = program.bcc.ring_buffer_consume
        if other_ring is not None:
            program.events.map_fd = other_ring  # bcc knows no way to open a ring that another process made
        self._positions = RingPositions(program.map_fd("events") if other_ring is None else other_ring)
        program.events.open_ring_buffer(on_record)

    def consume(self) -> int:
        """Call `on_record` until the ring is empty; return the number of records.

        Under a load that outruns it, it returns when `on_record` is negative or the load ends.
        """
        before = self._positions.consumed_bytes
        self._consume()  # bcc drops libbpf's count: the position tells it
        return (self._positions.consumed_bytes - before) // RECORD_BYTES
