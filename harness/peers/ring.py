"""The ring that all consumers share: its program is loaded in this process, and they open it by its id."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.ring import Ring
from bpf.synthetic import Emitter, Key
from harness.consumer.opening import maps_of


class SharedRing:
    """Loads the program, as a context manager. `maps` is by what consumers and observers find it."""

    def __init__(self, channel: RingChannel, *, tag: bytes | None = None) -> None:
        """Without a tag, it is there to be filled."""
        self._size_bytes = channel.size_bytes
        self.program = Program(LoadOptions(channel=channel, tag=tag, synthetic=tag is None))

    def __enter__(self) -> Self:
        self.maps = maps_of(self.program.__enter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.program.__exit__(kind, error, trace)

    def fill(self, keys: Sequence[Key], records: int) -> None:
        """Fill it to the same mark, with the same in the same order, whatever its last consumer left in it."""
        program = self.program
        ring = Ring(program.channel_fd, self._size_bytes)
        ring.consumer[0] = ring.producer[0]
        program.counters.reset()
        emitter = Emitter(program.emit_fd, program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys"))
        emitter.set_keys(keys)
        emitter.emit(records)
