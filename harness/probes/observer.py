"""Observe a consumer from outside: the program's counters and the channel's positions, at no cost to the consumer."""

import os
import time
from contextlib import ExitStack

from bpf import syscalls
from bpf.channel import Channel
from bpf.counters import CounterMap, Counters
from harness.messages import Maps

_SETTLE_STEP_S = 0.001


class Observer(ExitStack):
    """Opens the maps of a consumer process by the ids that it told, and closes them as its context is left."""

    def __init__(self, maps: Maps, channel: Channel) -> None:
        assert maps.program is not None
        assert maps.counters is not None
        assert maps.channel is not None
        super().__init__()
        self._program = syscalls.open_program(maps.program)
        self.callback(os.close, self._program)
        descriptor = syscalls.open_map(maps.counters)
        self.callback(os.close, descriptor)
        counters = CounterMap(descriptor)
        self.counters, self.counters_by_cpu = counters.read, counters.read_by_cpu
        carrier = syscalls.open_map(maps.channel)
        self._positions = channel.positions(carrier)
        os.close(carrier)  # a mapping keeps it
        if self._positions is not None:
            self.callback(self._positions.close)

    def skipped(self) -> int | None:
        """Return how many runs of the program the kernel skipped, or None where it does not count them."""
        return syscalls.program_info(self._program).recursion_misses

    @property
    def unread_records(self) -> int | None:
        """Records waiting in the channel now; None where none ever wait."""
        return None if self._positions is None else self._positions.unread_records

    @property
    def overwritten(self) -> int:
        """Records that the consumer has found overwritten so far."""
        return 0 if self._positions is None else self._positions.overwritten

    def settle(self, expected: int | None, timeout_s: float) -> Counters:
        """Wait until `expected` drops were observed, or, if that is None or never comes, until no more do."""
        deadline = time.monotonic() + timeout_s
        latest = self.counters()
        still_since = time.monotonic()
        while latest.observed != expected and time.monotonic() < deadline:
            time.sleep(_SETTLE_STEP_S)
            now = self.counters()
            if now.observed != latest.observed:
                latest, still_since = now, time.monotonic()
            elif time.monotonic() - still_since > timeout_s / 2:
                break
        return latest
