"""What a line looks like: a clock, six digits of microseconds, and what is the same for all events of one cause."""

from __future__ import annotations

import json
import time

from bpf.reasons import Reasons
from bpf.symbols import Symbols
from modes._kit import Kit


class TextForm:
    """`[15:04:23.123456] Drop | PID: 1234 | Reason: NO_SOCKET | Function: __udp4_lib_rcv+0x4bc`, in local time."""

    def __init__(self, reasons: Reasons, symbols: Symbols) -> None:
        self._reasons, self._symbols = reasons, symbols

    def clock(self, second: int) -> bytes:
        """Return what stands before the microseconds; of one length for all seconds."""
        return time.strftime("[%H:%M:%S.", time.localtime(second)).encode()

    def cause(self, location: int, pid: int, reason: int) -> bytes:
        """Return what follows them, the newline included."""
        function = self._symbols.name(location)
        return f"] Drop | PID: {pid} | Reason: {self._reasons.name(reason)} | Function: {function}\n".encode()


class JsonForm:
    """One JSON object a line: `time` (RFC 3339, UTC), `pid`, `reason`, `function`."""

    def __init__(self, reasons: Reasons, symbols: Symbols) -> None:
        self._reasons, self._symbols = reasons, symbols

    def clock(self, second: int) -> bytes:
        """Return what stands before the microseconds; of one length for all seconds."""
        return time.strftime('{"time": "%Y-%m-%dT%H:%M:%S.', time.gmtime(second)).encode()

    def cause(self, location: int, pid: int, reason: int) -> bytes:
        """Return what follows them, the newline included."""
        named = {"pid": pid, "reason": self._reasons.name(reason), "function": self._symbols.name(location)}
        return ('Z", ' + json.dumps(named)[1:] + "\n").encode()


Form = TextForm | JsonForm


def form_of(kit: Kit) -> Form:
    """Return the form that `kit.format` names. Raises ValueError for one that makes no lines."""
    if kit.format == "raw":
        raise ValueError("raw records are no lines")
    return (JsonForm if kit.format == "json" else TextForm)(kit.reasons, kit.symbols)
