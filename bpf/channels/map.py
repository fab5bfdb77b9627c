"""The aggregation map: the program counts by (pid, reason, location), and no event leaves the kernel by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bpf.channel import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class MapChannel(Channel):
    """Room for so many different (pid, reason, location)."""

    name = "map"
    map_name = "counts"
    counts = frozenset({"aggregated", "map_full"})
    readers = ("snapshot",)

    entries: int = 16384

    @classmethod
    def of(cls, **_of_rings: object) -> Self:
        return cls()

    @property
    def flags(self) -> list[str]:
        return [f"-DAGGREGATE_ENTRIES={self.entries}"]

    @property
    def capacity(self) -> int:
        return self.entries

    def positions(self, _map_fd: int, _carriers: Sequence[int]) -> None:
        return None
