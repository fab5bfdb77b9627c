"""The ring that all consumers share: its program is loaded in this process, and they open it by its id."""

from collections.abc import Sequence
from typing import Self

from bpf.channels.ring import RingChannel
from bpf.program import LoadOptions, Program
from bpf.ring import Ring
from bpf.synthetic import Key
from harness.consumer.opening import fill, maps_of


class SharedRing(Program):
    """The program with its ring. `maps` is by what consumers and observers find it."""

    def __init__(self, channel: RingChannel, *, tag: bytes | None = None) -> None:
        """Without a tag, it is there to be filled."""
        super().__init__(LoadOptions(channel=channel, tag=tag, synthetic=tag is None))
        self._size_bytes = channel.size_bytes

    def __enter__(self) -> Self:
        super().__enter__()
        self.maps = maps_of(self)
        return self

    def fill(self, keys: Sequence[Key], records: int) -> None:
        """Fill it to the same mark, with the same in the same order, whatever its last consumer left in it."""
        ring = Ring(self.channel_fd, self._size_bytes)
        ring.consumer[0] = ring.producer[0]
        self.counters.reset()
        fill(self, records, keys)
