"""A `null` that pauses: for 1 µs per event, taken together every 64 events. What it does meanwhile is the variant."""

import time
from collections.abc import Callable

from modes.parts.mode import Kit, Mode

EVENTS = 64
PAUSE_NS = 64_000


class Pausing(Mode):
    """Counts events, and after every 64th calls `fill` again and again until 64 µs are over."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._until_pause = EVENTS

    def fill(self) -> None:
        """Pass a little time, well below 64 µs."""

    def on_record(self, _ctx: int, _data: int, _size: int) -> int:
        self.consumed += 1
        self._until_pause -= 1
        if not self._until_pause:
            self._until_pause = EVENTS
            _pause(self.fill)
        return self.halt


def _pause(fill: Callable[[], None]) -> None:
    now = time.monotonic_ns
    end = now() + PAUSE_NS
    while now() < end:
        fill()
