"""Which drops are wanted, and a stand-in that hands no others on."""

import ctypes
import time

import numpy as np
import numpy.typing as npt

from bpf.record import SAMPLE_BYTES, SAMPLE_STRUCT, Samples
from harness.consumer.waits import StopSignal
from modes import Kit, Mode, TakesBatches, TakesRecords
from results.errors import unknown

Events = npt.NDArray[np.void]
"""An array with the fields `reason` and `pid`."""


class Choice:
    """Which drops are wanted."""

    def __init__(self, kit: Kit, reasons: list[str] | None, pids: list[int] | None) -> None:
        self._reasons = None if reasons is None else [_reason_number(kit, name) for name in reasons]
        self._pids = pids

    def wants(self, address: int) -> bool:
        """Tell whether the sample at an address is wanted."""
        _timestamp, _location, pid, reason = SAMPLE_STRUCT.unpack(ctypes.string_at(address, SAMPLE_BYTES))
        return (self._reasons is None or reason in self._reasons) and (self._pids is None or pid in self._pids)

    def rows(self, events: Events) -> Events:
        """Return those that are wanted."""
        wanted = self.mask(events)
        return events if wanted is None else events[wanted]

    def mask(self, events: Events) -> npt.NDArray[np.bool_] | None:
        """Return a boolean array, or None when all are wanted."""
        masks = []
        if self._reasons is not None:
            masks.append(np.isin(events["reason"], self._reasons))
        if self._pids is not None:
            masks.append(np.isin(events["pid"], self._pids))
        return np.logical_and.reduce(masks) if masks else None


def _reason_number(kit: Kit, name: str) -> int:
    number = kit.reasons.number(name.upper())
    if number is None:
        raise unknown(f"this kernel has no drop reason {name}", name.upper(), sorted(kit.reasons.by_name()))
    return number


class Wanted:
    """Stands between a reader and a mode, and plays what the mode does.

    Under a load that never lets a pass end, it is left from within once `stop` asks for it and `give_up_s`, a moment of
    time.monotonic, is over: what is left then comes without a load.
    """

    def __init__(self, mode: Mode, choice: Choice, stop: StopSignal) -> None:
        self.give_up_s = 0.0
        self._mode = mode
        self._choice = choice
        self._stop = stop
        if isinstance(mode, TakesBatches):
            self._take = mode.take
        if isinstance(mode, TakesRecords):
            self._on_record = mode.on_record

    def take(self, samples: Samples) -> None:
        wanted = self._choice.rows(samples)
        if len(wanted):
            self._take(wanted)

    def on_record(self, ctx: int, data: int, size: int) -> int:
        if self._choice.wants(data):
            self._on_record(ctx, data, size)
        return -1 if self._stop.requested and time.monotonic() > self.give_up_s else self._mode.halt
