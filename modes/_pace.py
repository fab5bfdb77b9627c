"""Choose how long to sleep between two looks at the ring: by how full it gets, and by how old an event may become."""

from __future__ import annotations

_SHARE = 4
"""One pause may fill such a part of the ring: the rest is for a load that grows meanwhile and for a late timer."""

_BURST_NS = 250
"""A load may begin at any moment with an event each so many ns; a ring must outlast the pause even then."""

_FORGET = 1 / 64
"""How fast the highest rate seen is forgotten, a pass."""

_WORTH_A_NAP = 2
"""Events that must be expected during a nap: fewer are cheaper to be woken for."""


class Pace:
    """Pauses for a ring that holds `capacity` records; none is longer than `longest_ns`, the latency budget."""

    def __init__(self, capacity: int, longest_ns: int) -> None:
        self._room = capacity / _SHARE
        self._longest_ns = min(longest_ns, capacity * _BURST_NS)
        self._rate = 0.0  # events per ns

    def is_fast(self, found: int, elapsed_ns: int) -> bool:
        """Tell whether, at the rate of the last pass, a nap would bring several events together."""
        return found * self._longest_ns >= _WORTH_A_NAP * elapsed_ns

    def pause_s(self, found: int, elapsed_ns: int, worked_ns: int) -> float:
        """Return how long to sleep after a pass that found so many events of the last `elapsed_ns`.

        The ring has been filling again for the `worked_ns` that the pass took, which the pause is shortened by.
        """
        rate = found / max(elapsed_ns, 1)
        self._rate = rate if rate >= self._rate else self._rate + (rate - self._rate) * _FORGET
        pause_ns: float = self._longest_ns
        if self._rate * pause_ns > self._room:
            pause_ns = self._room / self._rate
        return max(0.0, pause_ns - worked_ns) / 1e9
