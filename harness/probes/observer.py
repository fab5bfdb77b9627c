"""Observe a consumer from outside: the program's counters and the channel's positions, at no cost to the consumer."""

import os
import time
from contextlib import ExitStack

from bpf import syscalls
from bpf.channel import Channel
from bpf.counters import CounterMap, Counters
from bpf.errors import CannotRun
from harness.messages import Maps

_SETTLE_STEP_S = 0.001


def _taken_over(pid: int, descriptor: int, opened: ExitStack) -> int:
    try:
        taken = syscalls.descriptor_of(pid, descriptor)
    except OSError as error:
        cure = "where /proc/sys/kernel/yama/ptrace_scope is 3, use --channel percpu-ring"
        raise CannotRun(f"cannot look at a consumer's channel: {error}", cure) from error
    opened.callback(os.close, taken)
    return taken


class Observer(ExitStack):
    """Opens the maps of a consumer process by the ids that it told, and closes them as its context is left."""

    def __init__(self, maps: Maps, channel: Channel, pid: int) -> None:
        """Take the process, too, of which some channels' descriptors are taken over. Raises CannotRun."""
        assert maps.program is not None
        assert maps.counters is not None
        assert maps.channel is not None
        super().__init__()
        self._programs = [syscalls.open_program(each) for each in (maps.program, *maps.others)]
        for each in self._programs:
            self.callback(os.close, each)
        descriptor = syscalls.open_map(maps.counters)
        self.callback(os.close, descriptor)
        counters = CounterMap(descriptor)
        self.counters, self.counters_by_cpu = counters.read, counters.read_by_cpu
        self.record_bytes, self.capacity = channel.record_bytes, channel.capacity
        with ExitStack() as opened:  # a mapping keeps what it is of
            carrier = syscalls.open_map(maps.channel)
            opened.callback(os.close, carrier)
            carriers = [_taken_over(pid, descriptor, opened) for descriptor in maps.carriers]
            self._positions = channel.positions(carrier, carriers)
        if self._positions is not None:
            self.callback(self._positions.close)

    def skipped(self) -> int | None:
        """Return how many runs of the program the kernel skipped, or None where it does not count them."""
        return syscalls.skipped(self._programs)

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
