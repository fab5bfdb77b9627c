"""What modes do with one record when it is machine code (bpf/passes.py): number its cause, count it, write its line.

The steps are Python as it stands, and tests run them so. Numbers are signed: what numba makes of signed and unsigned
ones together is a float. What is new to a step it refuses, by returning True; then Python makes room for it.
"""

import numpy as np
import numpy.typing as npt

from bpf.record import RECORD_BYTES
from bpf.words import copy_blocks, put_record, put_word
from modes.parts.counting import LOCATION_FACTOR, PID_REASON_FACTOR, Cause
from modes.parts.lines import NS, WIDTH_STEP, Form

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

# A slot of a table of causes: two words of the cause, its number, and a count.
_SLOT, _PID_REASON, _NUMBER, _COUNT = 4, np.uint64(1), np.uint64(2), np.uint64(3)
_FEWEST_SLOTS, _SPARSENESS = 1024, 8
_NOWHERE = np.uint64(2**64 - 1)
_HALF, _QUARTER, _EIGHTH = np.uint64(32), np.uint64(16), np.uint64(8)
_TEN, _HUNDRED, _THOUSAND, _TEN_THOUSAND = np.uint64(10), np.uint64(100), np.uint64(1000), np.uint64(10_000)
_TO_HUNDREDS, _TO_HUNDREDS_BITS, _TWO_LANES = np.uint64(10486), np.uint64(20), np.uint64(0x7F0000007F)
_TO_TENS, _TO_TENS_BITS, _FOUR_LANES = np.uint64(103), np.uint64(10), np.uint64(0x000F000F000F000F)
_ZEROS = np.uint64(0x303030303030)

# What a pass may write before Python must put it, which takes some 8 us each time, as caches hold other things then;
# and from how much on it is put when a pass is through, so that it grows no older than what a batch makes.
_LIMIT_BYTES = 1 << 20
_POURED_BYTES = 256 * 1024
# Words of `progress`, which a step that makes lines works by.
_USED, _LIMIT, _BEGIN_NS, _WIDTH, _AT_DIGITS, _BEHIND = map(np.uint64, range(6))


def find(record: np.void, slots: Words) -> np.uint64:
    """Return where in a table the cause of a record stands, or _NOWHERE: it is new."""
    location = record["location"]
    pid_reason = np.uint64(record["pid"]) | np.uint64(record["reason"]) << _HALF
    mask = np.uint64(len(slots) - _SLOT)
    at: np.uint64 = (location * LOCATION_FACTOR + pid_reason * PID_REASON_FACTOR >> _HALF) & mask
    while slots[at] != location or slots[at + _PID_REASON] != pid_reason:
        if slots[at] == 0 and slots[at + _PID_REASON] == 0:
            return _NOWHERE
        at = (at + np.uint64(_SLOT)) & mask
    return at


class CauseTable:
    """An open-addressing hash table that machine code looks up, and Python enters what is new into; it grows.

    A slot that is empty holds zeros, and so the cause (0, 0, 0), which is known from the beginning, as number 0.
    """

    def __init__(self) -> None:
        self.known: list[Cause] = [(0, 0, 0)]
        self._zeros = 0  # counted in slots that have been filled since
        self.slots = np.zeros(_FEWEST_SLOTS * _SLOT, np.uint64)

    def holds(self, record: np.void) -> bool:
        with np.errstate(over="ignore"):  # products are taken modulo 2**64
            return bool(find(record, self.slots) != _NOWHERE)

    def enter(self, record: np.void) -> None:
        """Enter the cause of a record, which is new."""
        location, pid, reason = (int(record[name]) for name in ("location", "pid", "reason"))
        self.known.append((location, pid, reason))
        if len(self.known) * _SPARSENESS * _SLOT > len(self.slots):
            rows = self.slots.reshape(-1, _SLOT).tolist()
            self.slots = np.zeros(2 * len(self.slots), np.uint64)
            for row in rows:
                if row[_NUMBER]:
                    self._put(*row)
                else:
                    self._zeros += row[_COUNT]
        self._put(location, reason << 32 | pid, len(self.known) - 1, 0)

    def counts(self) -> dict[Cause, int]:
        """Return how often each cause was counted."""
        found = {self.known[0]: self._zeros}
        for _, _, number, count in self.slots.reshape(-1, _SLOT)[self.slots[_COUNT::_SLOT] > 0].tolist():
            found[self.known[number]] = found.get(self.known[number], 0) + count
        return found

    def _put(self, *row: int) -> None:
        mixed = (row[0] * int(LOCATION_FACTOR) + row[1] * int(PID_REASON_FACTOR)) % 2**64
        mask = len(self.slots) - _SLOT
        at = mixed >> 32 & mask
        while self.slots[at + _NUMBER]:
            at = (at + _SLOT) & mask
        self._zeros += int(self.slots[at + _COUNT])
        self.slots[at : at + _SLOT] = row


def six_digits(number: np.uint64) -> np.uint64:
    """Return the digits of a number below a million, the first in the lowest byte, all at once and without a table.

    It is halved thrice, each half in a lane of its own: a division by 100, or 10, is a multiplication that is exact for
    what a lane holds.
    """
    upper = number // _TEN_THOUSAND
    lanes = upper | (number - upper * _TEN_THOUSAND) << _HALF
    hundreds = (lanes * _TO_HUNDREDS >> _TO_HUNDREDS_BITS) & _TWO_LANES
    lanes = hundreds | (lanes - hundreds * _HUNDRED) << _QUARTER
    tens = (lanes * _TO_TENS >> _TO_TENS_BITS) & _FOUR_LANES
    lanes = tens | (lanes - tens * _TEN) << _EIGHTH
    return lanes >> _QUARTER | _ZEROS


def count_cause(record: np.void, slots: Words) -> bool:
    """Count a record by its cause."""
    at = find(record, slots)
    if at == _NOWHERE:
        return True
    slots[at + _COUNT] += np.uint64(1)
    return False


def write_line(  # noqa: PLR0917 - the arrays of a step
    record: np.void, slots: Words, rows: Bytes, lengths: Numbers, out: Bytes, progress: Numbers
) -> bool:
    """Write a record's line, or, where lines have no width, the record as it lies in the channel."""
    used = progress[_USED]
    if used > progress[_LIMIT]:
        return True
    width = progress[_WIDTH]
    if width == 0:
        put_record(out, used, record)
        progress[_USED] = used + RECORD_BYTES
        return False
    within = np.int64(record["timestamp"]) - progress[_BEGIN_NS]
    if within < 0 or within >= NS:
        return True
    at = find(record, slots)
    if at == _NOWHERE:
        return True
    number = np.int64(slots[at + _NUMBER])
    length = lengths[number]
    copy_blocks(out, used, rows, number * width, width)
    digits = six_digits(np.uint64(within) // _THOUSAND)
    put_word(out, used + progress[_AT_DIGITS], np.int64(digits) | progress[_BEHIND])
    progress[_USED] = used + length
    return False


class StepLines:
    """The arrays of `write_line`, kept for the causes that were met and the second that it is; form None: raw records.

    As in BatchLines, a cause has a row: the clock, room for the digits, the rest of its line.
    """

    def __init__(self, form: Form | None, realtime_offset_ns: int) -> None:
        self._form, self._offset = form, realtime_offset_ns
        self._causes = CauseTable()
        self._second = -1
        self._clock = b"" if form is None else form.clock(0)
        self._width = 0 if form is None else WIDTH_STEP
        self._rows = np.zeros((64, self._width), np.uint8)
        self._flat_rows = self._rows.reshape(-1)
        self._lengths = np.zeros(64, np.int64)
        behind = 0 if form is None else int.from_bytes(form.cause(0, 0, 0)[:2], "little") << 48
        # Before the first second all that comes is refused.
        self._progress = np.array([0, _LIMIT_BYTES, 2**63 - 1, self._width, len(self._clock), behind], np.int64)
        self._told = self._progress.data  # of which Python reads a word in a third of the time
        self._out = self._room()
        if form is not None:
            self._make_row()

    def state(self) -> tuple[npt.NDArray[np.generic], ...]:
        return self._causes.slots, self._flat_rows, self._lengths, self._out, self._progress

    def lines(self) -> memoryview:
        """Return what was written since `clear`."""
        return self._out.data[: self._told[0]]

    def clear(self) -> None:
        self._told[0] = 0

    @property
    def is_full(self) -> bool:
        return self._told[0] > _LIMIT_BYTES

    @property
    def is_worth_putting(self) -> bool:
        return _POURED_BYTES <= self._told[0] <= _LIMIT_BYTES

    def make_room(self, record: np.void) -> None:
        """Get ready for a record of another second, or of a new cause; what was written stays."""
        if self._form is None:
            return
        second = (int(record["timestamp"]) + self._offset) // NS
        if second != self._second:
            self._second = second
            self._clock = self._form.clock(second)
            self._progress[_BEGIN_NS] = second * NS - self._offset
            self._rows[:, : len(self._clock)] = np.frombuffer(self._clock, np.uint8)
        if not self._causes.holds(record):
            self._causes.enter(record)
            self._make_row()

    def _make_row(self) -> None:
        """Make the row of the cause that is new."""
        assert self._form is not None
        number = len(self._causes.known) - 1
        row = self._clock + b"000000" + self._form.cause(*self._causes.known[number])
        height = len(self._rows)
        if number == height or len(row) > self._width:
            taller = height * 2 if number == height else height
            wider = max(self._width, -(-len(row) // WIDTH_STEP) * WIDTH_STEP)
            rows = np.zeros((taller, wider), np.uint8)
            rows[:height, : self._width] = self._rows
            rows[:, : len(self._clock)] = np.frombuffer(self._clock, np.uint8)
            self._rows, self._flat_rows = rows, rows.reshape(-1)
            self._lengths = np.resize(self._lengths, taller)
            if wider > self._width:
                self._width = wider
                self._progress[_WIDTH] = wider
                written, self._out = self.lines(), self._room()
                self._out[: len(written)] = written
        self._rows[number, : len(row)] = np.frombuffer(row, np.uint8)
        self._lengths[number] = len(row)

    def _room(self) -> Bytes:
        """Make room behind the limit for the longest line."""
        return np.full(_LIMIT_BYTES + max(self._width, RECORD_BYTES) + 8, 0, np.uint8)  # each page is there
