"""Make an object of each event and keep the last ones, as most Python consumers do: shows what the collector costs."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from bpf.record import Samples
from modes.parts.counting import Cause
from modes.parts.decode import decoder
from modes.parts.mode import Kit, Mode, ObjectKind

# What is kept beyond the window before the oldest are let go, so many at once. The collector runs once so many more
# containers were made than freed (700, or 2,000 from Python 3.13 on): who frees one for each that is made starts none.
_SPARE = 4096


@dataclass(slots=True)
class Drop:
    """One drop, as a consumer would have it."""

    timestamp: int
    location: int
    pid: int
    reason: int


def _as_dict(timestamp: int, location: int, pid: int, reason: int) -> dict[str, int]:
    return {"timestamp": timestamp, "location": location, "pid": pid, "reason": reason}


def _as_tuple(*fields: int) -> tuple[int, ...]:
    return fields


_MAKERS: dict[ObjectKind, Callable[[int, int, int, int], Any]] = {
    "dataclass": Drop,
    "tuple": _as_tuple,
    "dict": _as_dict,
}
_FIELDS = ["timestamp", "location", "pid", "reason"]


class Objects(Mode):
    object_kinds: ClassVar[tuple[ObjectKind, ...]] = tuple(_MAKERS)

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._decode = decoder(kit)
        self._make = _MAKERS[kit.object_kind]
        self._window = kit.window_events
        # Of each cause (a drop has no flow of its own), its events, the oldest first; and for each event of the window,
        # in the order in which they came, those of its cause: the oldest of all is the oldest of the first.
        self.kept: dict[Cause, deque[Any]] = {}
        self._order: deque[deque[Any]] = deque()

    def take(self, samples: Samples) -> None:
        for timestamp, location, pid, reason in samples[_FIELDS].tolist():
            self._keep(timestamp, location, pid, reason)
        self.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        self._keep(*self._decode(data))
        self.consumed += 1
        return self.halt

    def _keep(self, timestamp: int, location: int, pid: int, reason: int) -> None:
        cause = location, pid, reason
        of_cause = self.kept.get(cause)
        if of_cause is None:
            of_cause = self.kept[cause] = deque()
        of_cause.append(self._make(timestamp, location, pid, reason))
        self._order.append(of_cause)
        if len(self._order) >= self._window + _SPARE:
            self._let_go()

    def _let_go(self) -> None:
        """Let the oldest go, down to the window, and causes of which nothing is kept any more."""
        oldest = self._order.popleft
        while len(self._order) > self._window:
            oldest().popleft()
        for cause in [cause for cause, events in self.kept.items() if not events]:
            del self.kept[cause]
