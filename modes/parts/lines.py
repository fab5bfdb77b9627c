"""What a line looks like, and how events become lines, one by one or a batch at once: the bytes are the same."""

import json
import time

import numpy as np
import numpy.typing as npt

from bpf.pid_namespace import ELSEWHERE
from bpf.reasons import Reasons
from bpf.record import Samples
from bpf.symbols import Symbols
from modes.parts.counting import Causes
from modes.parts.mode import Kit


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
        process = "elsewhere" if pid == ELSEWHERE else pid
        return f"] Drop | PID: {process} | Reason: {self._reasons.name(reason)} | Function: {function}\n".encode()


class JsonForm:
    """One JSON object per line: `time` (RFC 3339, UTC), `pid` (null: outside this container), `reason`, `function`."""

    def __init__(self, reasons: Reasons, symbols: Symbols) -> None:
        self._reasons, self._symbols = reasons, symbols

    def clock(self, second: int) -> bytes:
        """Return what stands before the microseconds; of one length for all seconds."""
        return time.strftime('{"time": "%Y-%m-%dT%H:%M:%S.', time.gmtime(second)).encode()

    def cause(self, location: int, pid: int, reason: int) -> bytes:
        """Return what follows them, the newline included."""
        process = None if pid == ELSEWHERE else pid
        named = {"pid": process, "reason": self._reasons.name(reason), "function": self._symbols.name(location)}
        return ('Z", ' + json.dumps(named)[1:] + "\n").encode()


Form = TextForm | JsonForm


def form_of(kit: Kit) -> Form:
    """Return the form that `kit.format` names. Raises ValueError for one that makes no lines."""
    if kit.format == "raw":
        raise ValueError("raw records are no lines")
    return (JsonForm if kit.format == "json" else TextForm)(kit.reasons, kit.symbols)


NS = 1_000_000_000
WIDTH_STEP = 32


class LineByLine:
    """Names each cause once, each second of the day once."""

    def __init__(self, form: Form, realtime_offset_ns: int) -> None:
        self._form = form
        self._offset_ns = realtime_offset_ns
        self._causes: dict[tuple[int, int, int], bytes] = {}
        self._second = -1
        self._clock = b""

    def line(self, timestamp: int, location: int, pid: int, reason: int) -> bytes:
        """Return one event's line, the newline included."""
        cause = self._causes.get((location, pid, reason))
        if cause is None:
            cause = self._causes[location, pid, reason] = self._form.cause(location, pid, reason)
        second, nanosecond = divmod(timestamp + self._offset_ns, NS)
        if second != self._second:
            self._second = second
            self._clock = self._form.clock(second)
        return b"%b%06d%b" % (self._clock, nanosecond // 1000, cause)


class BatchLines:
    """Builds the lines of a batch with a dozen numpy calls, whatever its length.

    Each cause has a row: the clock, room for the digits, the rest of its line, and nothing of use up to the width of
    the longest. For each event its cause's row is fetched and the digits put in; then the rows are laid down at the
    places where their lines begin, first to last: each covers what the one before had too much.
    """

    def __init__(self, form: Form, realtime_offset_ns: int) -> None:
        self._form = form
        self._offset = np.uint64(realtime_offset_ns)
        self._causes = Causes()
        self._second = 0
        self._clock = form.clock(0)
        self._at_digits = len(self._clock)
        self._lengths = np.zeros(64, np.intp)
        self._rows = np.zeros((64, WIDTH_STEP), np.uint8)
        self._rows_made = 0
        self._thousands, self._units = _digit_tables(form.cause(0, 0, 0)[:2])
        self._fetched = np.empty((0, 0), np.uint8)
        self._out = np.empty(0, np.uint8)

    def lines(self, samples: Samples) -> memoryview:
        """Return the lines of a batch; valid until the next call."""
        numbers = self._causes.number(samples)
        if self._rows_made < len(self._causes):
            self._make_rows()
        count, width = len(samples), self._rows.shape[1]
        if len(self._fetched) < count or self._fetched.shape[1] != width:
            self._fetched = np.empty((count, width), np.uint8)
            self._out = np.empty((count + 1) * width, np.uint8)
        lengths = np.take(self._lengths, numbers, mode="wrap")
        ends = np.cumsum(lengths)
        begins = ends - lengths
        wall = samples["timestamp"] + self._offset
        begin = 0
        while begin < count:
            begin = self._lay_down(wall, numbers, begins, begin)
        return self._out.data[: int(ends[-1])]

    def _lay_down(
        self, wall: npt.NDArray[np.uint64], numbers: npt.NDArray[np.intp], places: npt.NDArray[np.intp], begin: int
    ) -> int:
        """Lay down the events from `begin` on that belong to one second; return where the next second begins."""
        second = int(wall[begin]) // NS
        within = wall[begin:] - np.uint64(second * NS)  # what lies before that second wraps round, and is large
        outside = within >= NS
        end = begin + int(outside.argmax()) if outside.any() else len(wall)
        within, numbers = within[: end - begin], numbers[begin:end]
        if second != self._second:
            self._second = second
            self._clock = self._form.clock(second)
            self._rows[:, : self._at_digits] = np.frombuffer(self._clock, np.uint8)
        count, width = len(numbers), self._rows.shape[1]
        fetched = self._fetched[:count]
        np.take(self._rows, numbers, axis=0, out=fetched, mode="wrap")
        micro = within // np.uint64(1000)
        thousands = micro // np.uint64(1000)
        micro -= thousands * np.uint64(1000)
        digits = np.take(self._thousands, thousands.view(np.intp), mode="wrap")
        digits |= np.take(self._units, micro.view(np.intp), mode="wrap")
        np.ndarray((count,), "<u8", fetched.data, self._at_digits, (width,))[:] = digits
        anywhere = np.ndarray((len(self._out) - width + 1,), f"V{width}", self._out.data, 0, (1,))
        anywhere[places[begin:end]] = fetched.view(f"V{width}")[:, 0]
        return end

    def _make_rows(self) -> None:
        """Make the rows of causes that are new."""
        for number in range(self._rows_made, len(self._causes)):
            row = self._clock + b"000000" + self._form.cause(*self._causes.known[number])
            height, width = self._rows.shape
            if number == height or len(row) > width:
                taller = height * 2 if number == height else height
                wider = max(width, -(-len(row) // WIDTH_STEP) * WIDTH_STEP)
                rows = np.zeros((taller, wider), np.uint8)
                rows[:height, :width] = self._rows
                rows[:, : self._at_digits] = np.frombuffer(self._clock, np.uint8)
                self._rows = rows
                self._lengths = np.resize(self._lengths, taller)
            self._rows[number, : len(row)] = np.frombuffer(row, np.uint8)
            self._lengths[number] = len(row)
        self._rows_made = len(self._causes)


def _digit_tables(behind: bytes) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return three digits of 0 to 999 as bytes 0 to 2, and as bytes 3 to 5 of a word with `behind` in bytes 6 and 7.

    A word of eight bytes is laid down at once; the two behind the digits are the same in every line of a form.
    """
    upper = b"".join(b"%03d\0\0\0\0\0" % number for number in range(1000))
    lower = b"".join(b"\0\0\0%03d%b" % (number, behind) for number in range(1000))
    return np.frombuffer(upper, "<u8").astype(np.uint64), np.frombuffer(lower, "<u8").astype(np.uint64)
