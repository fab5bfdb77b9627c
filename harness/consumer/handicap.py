"""Slow a consumer by a stated amount, to see whether a check finds it: `cpu=0.15` or `allocations=1`, or both.

cpu=0.15         for each nanosecond of CPU time that the process uses, spin for 0.15 more
allocations=1    make (and drop) one Python object more for each event
"""

import time
from dataclasses import dataclass
from itertools import repeat

from harness.consumer.waits import Consumes
from results import units
from results.errors import BadInput


@dataclass(frozen=True, slots=True)
class Handicap:
    """How much slower: a share of CPU time, and objects per event."""

    cpu: float = 0.0
    allocations: int = 0


def parse(text: str) -> Handicap:
    """Read the words of Setting.handicap. Raises BadInput for anything else."""
    cpu, allocations = 0.0, 0
    for part in text.split(","):
        name, _, amount = part.partition("=")
        try:
            if name == "cpu":
                cpu = units.read_number(amount)
            elif name == "allocations":
                allocations = units.read_whole(amount)
            else:
                raise ValueError
        except ValueError:
            raise BadInput(f"a handicap is cpu=SHARE or allocations=N, not {part!r}") from None
    if not (0 <= cpu <= 10 and 0 <= allocations <= 100) or not (cpu or allocations):
        raise BadInput(f"a handicap of {text!r} is out of range: cpu up to 10, allocations up to 100")
    return Handicap(cpu, allocations)


class Handicapped:
    """Burdens each pass of a reader."""

    def __init__(self, reader: Consumes, handicap: Handicap) -> None:
        self._reader = reader
        self._handicap = handicap
        # What the process used before the first pass (imports, loading) is not the consumer's.
        self._began_ns = time.thread_time_ns()
        self._spun_ns = 0

    def consume(self) -> int:
        consumed = self._reader.consume()
        for _ in repeat(None, consumed * self._handicap.allocations):
            object()
        if self._handicap.cpu:
            self._spin()
        return consumed

    def _spin(self) -> None:
        """Catch up with the share of all CPU time so far, what was spent waiting in the kernel included."""
        began_ns = now_ns = time.thread_time_ns()
        own_ns = began_ns - self._began_ns - self._spun_ns
        until_ns = began_ns + round(own_ns * self._handicap.cpu) - self._spun_ns
        while now_ns < until_ns:
            now_ns = time.thread_time_ns()
        self._spun_ns += now_ns - began_ns
