"""Each record of one ring or several, by bcc's own loop: one call of `on_record` for each."""

from collections.abc import Sequence

from bpf.channel import Bcc, OnRecord, Part
from bpf.ring import RingPositions


class RingCalls:
    """Call `on_record` for what is in the rings, one ring after the other.

    Under a load that outruns it, a pass returns when `on_record` is negative or the load ends.
    """

    checksum: int | None = None
    overwritten = 0

    def __init__(self, program: Bcc, on_record: OnRecord, record_bytes: int) -> None:
        """Open the rings of a program."""
        self._record_bytes = record_bytes
        self._consume = program.bcc.ring_buffer_consume
        self._positions = [RingPositions(carrier, record_bytes) for carrier in program.carriers]
        self._consumed_bytes = sum(positions.consumed_bytes for positions in self._positions)
        self._kept = []
        for carrier in program.carriers:
            program.events.map_fd = carrier  # bcc knows no other way to open one that it has not made
            program.events.open_ring_buffer(on_record)
            self._kept.append(program.events._cbs[0])  # bcc keeps the last alone, and libbpf calls into what is gone

    def consume(self) -> int:
        self._consume()  # bcc drops libbpf's count: the positions tell it
        before, consumed = self._consumed_bytes, 0
        for positions in self._positions:  # at each wakeup: sum() of what a generator yields takes longer than the rest
            consumed += positions.consumed_bytes
        self._consumed_bytes = consumed
        return (consumed - before) // self._record_bytes

    def parts(self) -> Sequence[Part]:
        return [
            Part(read=each.consumed_bytes // self._record_bytes, overwritten=0, unread=each.unread_records)
            for each in self._positions
        ]

    def unread(self) -> int:
        return sum(positions.unread_records for positions in self._positions)
