"""Sleep in epoll_wait on the ring; decode each event and count by reason: the usual consumer."""

from collections import Counter
from typing import ClassVar

import numpy as np

from bpf.record import Samples
from modes.parts.counting import Causes
from modes.parts.decode import decoder
from modes.parts.mode import Kit, Mode, Wait
from modes.parts.own_records import OwnCounting
from modes.parts.stepping import CauseTable, Words, count_cause


class Epoll(Mode):
    waits: ClassVar[tuple[Wait, ...]] = ("epoll",)

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._decode = decoder(kit)
        if kit.record is not None:  # a user's own names no cause
            own = OwnCounting(self, kit.record)
            vars(self).update(take=own.take, on_record=own.on_record)
        self._causes = Causes()
        self._counts = np.zeros(1024, np.int64)
        self._counted: Counter[tuple[int, int]] = Counter()
        self._table = CauseTable()

    def take(self, samples: Samples) -> None:
        counts = np.bincount(self._causes.number(samples))
        if len(counts) > len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros(len(counts), np.int64)])
        self._counts[: len(counts)] += counts
        self.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        _timestamp, location, _pid, reason = self._decode(data)
        self._counted[reason, location] += 1
        self.consumed += 1
        return self.halt

    step = staticmethod(count_cause)

    def state(self) -> tuple[Words]:
        return (self._table.slots,)

    def make_room(self, record: np.void) -> None:
        self._table.enter(record)

    def flush(self) -> None:
        tally = Counter(self._counted)
        for (location, _pid, reason), count in self._table.counts().items():
            tally[reason, location] += count
        for number in np.flatnonzero(self._counts).tolist():
            location, _pid, reason = self._causes.known[number]
            tally[reason, location] += int(self._counts[number])
        self.tally = tally
