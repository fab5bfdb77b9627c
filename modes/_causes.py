"""Number the distinct causes, (location, pid, reason), of whole batches of events."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bpf.record import CAUSE_WORDS, RECORD, Samples

Cause = tuple[int, int, int]
"""(location, pid, reason)."""

# Odd multipliers with well-mixed bits (Fibonacci hashing, Knuth, The Art of Computer Programming 6.4): the upper bits
# of the sum choose the slot.
_LOCATION_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_PID_REASON_FACTOR = np.uint64(0xC2B2AE3D27D4EB4F)
# Slots for each cause: few enough to stay in a cache, many enough that causes seldom meet in one.
_SPARSENESS = 64
_FEWEST_SLOTS = 8192
_USUAL_BATCH = 8192


class Causes:
    """A hash table with open addressing, looked up for a batch at a time; every match is compared in full.

    A slot holds a cause's two words and its number. An empty slot holds zeros: so does the cause (0, 0, 0), whose slot
    is the first of all because its hash is 0; it is there from the beginning and has number 0.
    """

    def __init__(self) -> None:
        self.known: list[Cause] = [(0, 0, 0)]
        self._allocate(_FEWEST_SLOTS)
        self._room(_USUAL_BATCH)
        # Touches every buffer once: the first events of a trial shall not wait for their pages.
        self.number(np.zeros(_USUAL_BATCH, RECORD))

    def __len__(self) -> int:
        return len(self.known)

    def number(self, samples: Samples) -> npt.NDArray[np.intp]:
        """Return the number of each event's cause, an index into `known`; valid until the next call. Shape (n,)."""
        events = samples.view(CAUSE_WORDS)
        locations, pid_reasons = events["location"], events["pid_reason"]
        count = len(events)
        if count > len(self._hash):
            self._room(count)
        slots = self._slots(locations, pid_reasons)
        while True:
            missing = self._missing(slots, locations, pid_reasons)
            if missing is None:
                return np.take(self._numbers, slots, out=self._result[:count], mode="clip")
            if self._add(slots, missing, locations, pid_reasons):
                slots = self._slots(locations, pid_reasons)

    def _slots(self, locations: npt.NDArray[np.uint64], pid_reasons: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """Return the slot where the search for each event begins."""
        count = len(locations)
        mixed, second = self._hash[:count], self._second[:count]
        np.multiply(locations, _LOCATION_FACTOR, out=mixed)
        np.multiply(pid_reasons, _PID_REASON_FACTOR, out=second)
        np.add(mixed, second, out=mixed)
        np.right_shift(mixed, self._shift, out=mixed)
        return mixed.view(np.intp)

    def _missing(
        self, slots: npt.NDArray[np.intp], locations: npt.NDArray[np.uint64], pid_reasons: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.intp] | None:
        """Return the places of events whose slot holds another cause, or None."""
        count = len(slots)
        held, right = self._second[:count], self._right[:count]
        np.take(self._locations, slots, out=held, mode="clip")
        np.equal(held, locations, out=right)
        np.take(self._pid_reasons, slots, out=held, mode="clip")
        right &= held == pid_reasons
        return None if right.all() else np.flatnonzero(~right)

    def _add(
        self,
        slots: npt.NDArray[np.intp],
        missing: npt.NDArray[np.intp],
        locations: npt.NDArray[np.uint64],
        pid_reasons: npt.NDArray[np.uint64],
    ) -> bool:
        """Move the missing events on to the next slot, or give them theirs; tell whether all slots changed."""
        places = slots[missing]
        empty = (self._locations[places] == 0) & (self._pid_reasons[places] == 0) & (places != 0)
        # One event a slot: what else found that slot empty is looked for again, and is there now or moves on.
        order = np.arange(np.count_nonzero(empty))
        last_of_slot = np.zeros(len(self._locations), np.intp)
        last_of_slot[places[empty]] = order
        new = missing[empty][last_of_slot[places[empty]] == order]
        for location, pid_reason in zip(locations[new].tolist(), pid_reasons[new].tolist(), strict=True):
            self.known.append((location, pid_reason & 0xFFFFFFFF, pid_reason >> 32))
            if len(self.known) * _SPARSENESS > len(self._locations):
                self._allocate(len(self._locations) * 2)
                return True
            self._put(len(self.known) - 1)
        passed = missing[~empty]
        slots[passed] = (slots[passed] + 1) & (len(self._locations) - 1)
        return False

    def _allocate(self, slots: int) -> None:
        """Make a table of so many slots, a power of two, with all known causes in it."""
        self._shift = np.uint64(64 - (slots.bit_length() - 1))
        self._locations = np.full(slots, 0, np.uint64)
        self._pid_reasons = np.full(slots, 0, np.uint64)
        self._numbers = np.full(slots, 0, np.intp)
        for number in range(1, len(self.known)):
            self._put(number)

    def _put(self, number: int) -> None:
        location, pid, reason = self.known[number]
        pid_reason = reason << 32 | pid
        mixed = (location * int(_LOCATION_FACTOR) + pid_reason * int(_PID_REASON_FACTOR)) & 0xFFFFFFFFFFFFFFFF
        slot = mixed >> int(self._shift)
        while slot == 0 or self._locations[slot] or self._pid_reasons[slot]:
            slot = (slot + 1) & (len(self._locations) - 1)
        self._locations[slot], self._pid_reasons[slot], self._numbers[slot] = location, pid_reason, number

    def _room(self, events: int) -> None:
        """Make the buffers large enough for a batch."""
        self._hash = np.empty(events, np.uint64)
        self._second = np.empty(events, np.uint64)
        self._right = np.empty(events, np.bool_)
        self._result = np.empty(events, np.intp)
