"""Turn events into lines: `[15:04:23.123456] Drop | PID: 1234 | Reason: NO_SOCKET | Function: __udp4_lib_rcv+0x4bc`."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod

from bpf.record import Samples
from modes._decode import decoder
from modes._kit import Kit
from modes._mode import Mode


class LineFormatter:
    """Names each distinct cause once, each second of the day once."""

    def __init__(self, kit: Kit) -> None:
        self._offset_ns = kit.realtime_offset_ns
        self._reasons, self._symbols = kit.reasons, kit.symbols
        self._causes: dict[tuple[int, int, int], bytes] = {}
        self._second = -1
        self._clock = b""
        self._json = kit.format == "json"
        # The time of day for people; date and zone too for programs.
        self._strftime = '{"time": "%Y-%m-%dT%H:%M:%S.' if self._json else "[%H:%M:%S."

    def line(self, timestamp: int, location: int, pid: int, reason: int) -> bytes:
        """Return one event's line, the newline included."""
        cause = self._causes.get((pid, reason, location))
        if cause is None:
            cause = self._causes[pid, reason, location] = self._name(pid, reason, location)
        second, nanosecond = divmod(timestamp + self._offset_ns, 1_000_000_000)
        if second != self._second:
            self._second = second
            self._clock = time.strftime(self._strftime, time.localtime(second)).encode()
        return b"%b%06d%b" % (self._clock, nanosecond // 1000, cause)

    def lines(self, samples: Samples) -> bytes:
        """Return the lines of a batch, as `line` makes them."""
        line = self.line
        columns = (samples[name].tolist() for name in ("timestamp", "location", "pid", "reason"))
        return b"".join([line(*event) for event in zip(*columns, strict=True)])

    def _name(self, pid: int, reason: int, location: int) -> bytes:
        """Make what follows the time: the same for all events of one cause."""
        named = {"pid": pid, "reason": self._reasons.name(reason), "function": self._symbols.name(location)}
        if self._json:
            return ('", ' + json.dumps(named)[1:] + "\n").encode()
        return f"] Drop | PID: {pid} | Reason: {named['reason']} | Function: {named['function']}\n".encode()


class Lines(Mode, ABC):
    """Makes a line of each event; what becomes of it is up to `put`, which a mode defines."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._decode = decoder(kit)
        self._formatter = LineFormatter(kit)

    @abstractmethod
    def put(self, lines: bytes, events: int) -> None:
        """Do with the lines of so many events what the mode is for."""

    def take(self, samples: Samples) -> None:
        self.put(self._formatter.lines(samples), len(samples))

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        self.put(self._formatter.line(*self._decode(data)), 1)
        return self.halt
