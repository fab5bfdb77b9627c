"""Number the causes of events, (location, pid, reason), for whole batches at once."""

import numpy as np
import numpy.typing as npt

from bpf.record import CAUSE_WORDS, RECORD, RECORD_BYTES, Samples
from bpf.ring_runs import CHUNK_BYTES

Cause = tuple[int, int, int]
"""(location, pid, reason)."""

Words = npt.NDArray[np.uint64]

# Odd multipliers with well-mixed bits (Fibonacci hashing, Knuth, The Art of Computer Programming 6.4): the upper bits
# of the sum of the products choose the slot.
LOCATION_FACTOR = np.uint64(0x9E3779B97F4A7C15)
PID_REASON_FACTOR = np.uint64(0xC2B2AE3D27D4EB4F)
# Slots for each cause: few enough to stay in a cache, many enough that causes seldom meet in one.
_SPARSENESS = 64
_FEWEST_SLOTS = 8192
_USUAL_BATCH = CHUNK_BYTES // RECORD_BYTES
# So many causes can still be given a slot each by another factor; more would take too many attempts.
_FEW_CAUSES, _ATTEMPTS = 256, 16


class Causes:
    """A hash table with open addressing, looked up for a batch at a time; every match is proven.

    A slot holds two words of a cause, and its number: the product of pid and reason with their factor, and the mixed
    word, which is that plus the location's product. Equal in both words, two causes are the same: odd factors can be
    divided by, modulo 2**64. An empty slot holds zeros: so does the cause (0, 0, 0), whose slot is the first of all
    because its hash is 0; it is there from the beginning and has number 0.
    """

    def __init__(self) -> None:
        self.known: list[Cause] = [(0, 0, 0)]
        self._location_factor = LOCATION_FACTOR
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
        if count > len(self._mixed):
            self._room(count)
        while True:
            products, mixed, slots = self._slots(locations, pid_reasons)
            if self._all_match(slots, products, mixed) or self._settle(slots, products, mixed, events):
                # Slots are places of the table by construction: "wrap" is the mode that checks them the fastest.
                return self._numbers.take(slots, out=self._held.view(np.intp)[:count], mode="wrap")

    def _slots(self, locations: Words, pid_reasons: Words) -> tuple[Words, Words, npt.NDArray[np.intp]]:
        """Return each event's product and mixed word, and the slot where the search for it begins."""
        count = len(locations)
        products, mixed, slots = self._products[:count], self._mixed[:count], self._slot[:count]
        np.multiply(pid_reasons, PID_REASON_FACTOR, out=products)
        np.multiply(locations, self._location_factor, out=mixed)
        np.add(mixed, products, out=mixed)
        np.right_shift(mixed, self._shift, out=slots)
        return products, mixed, slots.view(np.intp)

    def _all_match(self, slots: npt.NDArray[np.intp], products: Words, mixed: Words) -> bool:
        """Tell whether each event's slot holds its cause."""
        count = len(slots)
        held, match = self._held[:count], self._match[:count]
        for table, words in ((self._table_products, products), (self._table_mixed, mixed)):
            table.take(slots, out=held, mode="wrap")
            np.equal(held, words, out=match)
            # Finding a zero byte takes a tenth of what all() does.
            if self._match_bytes.find(0, 0, count) >= 0:
                return False
        return True

    def _settle(self, slots: npt.NDArray[np.intp], products: Words, mixed: Words, events: Samples) -> bool:
        """Move events whose slot holds another cause on to the next, and enter causes that are new.

        Returns False when that made another table of it, in which all slots are others.
        """
        away = np.flatnonzero((self._table_products[slots] != products) | (self._table_mixed[slots] != mixed))
        while len(away):
            places = slots[away]
            empty = (self._table_products[places] == 0) & (self._table_mixed[places] == 0) & (places != 0)
            if empty.any():
                # One event per slot: what else found that slot empty is looked at again, and is there now or moves on.
                new, at = away[empty], places[empty]
                last_of_slot = np.empty(len(self._numbers), np.intp)
                last_of_slot[at] = new
                new = new[last_of_slot[at] == new]
                if not self._enter(events[new]):
                    return False
            places += ~empty
            places &= len(self._numbers) - 1
            slots[away] = places
            away = away[(self._table_products[places] != products[away]) | (self._table_mixed[places] != mixed[away])]
        return True

    def _enter(self, events: Samples) -> bool:
        """Give new causes, one per event, numbers and slots; return False when the table had to be made anew."""
        first = len(self.known)
        self.known += [
            (location, pid_reason & 0xFFFFFFFF, pid_reason >> 32)
            for _timestamp, location, pid_reason in events.tolist()
        ]
        slots = len(self._numbers)
        while len(self.known) * _SPARSENESS > slots:
            slots *= 2
        if slots == len(self._numbers):
            apart = self._put(range(first, len(self.known)))
            if apart or len(self.known) > _FEW_CAUSES:
                return True
        self._allocate(slots)
        return False

    def _allocate(self, slots: int) -> None:
        """Make a table of so many slots, a power of two, with all known causes in it.

        Causes that meet in one slot cost a second look in every batch. While there are few, a factor is looked for that
        keeps them apart.
        """
        self._shift = np.uint64(64 - (slots.bit_length() - 1))
        random = np.random.default_rng(len(self.known))
        for attempt in range(_ATTEMPTS if len(self.known) <= _FEW_CAUSES else 1):
            if attempt:
                self._location_factor = np.uint64(int(random.integers(1 << 62, 1 << 63)) << 1 | 1)
            self._table_products = np.zeros(slots, np.uint64)
            self._table_mixed = np.zeros(slots, np.uint64)
            self._numbers = np.zeros(slots, np.intp)
            if self._put(range(1, len(self.known))):
                break

    def _put(self, numbers: range) -> bool:
        """Enter known causes; tell whether each got the slot where its search begins."""
        apart = True
        for number in numbers:
            location, pid, reason = self.known[number]
            product = (reason << 32 | pid) * int(PID_REASON_FACTOR) % 2**64
            mixed = (location * int(self._location_factor) + product) % 2**64
            first = slot = mixed >> int(self._shift)
            while slot == 0 or self._table_products[slot] or self._table_mixed[slot]:
                slot = (slot + 1) & (len(self._numbers) - 1)
            self._table_products[slot], self._table_mixed[slot], self._numbers[slot] = product, mixed, number
            apart = apart and slot == first
        return apart

    def _room(self, events: int) -> None:
        """Make the buffers large enough for a batch."""
        self._products = np.empty(events, np.uint64)
        self._mixed = np.empty(events, np.uint64)
        self._slot = np.empty(events, np.uint64)
        self._held = np.empty(events, np.uint64)
        self._match_bytes = bytearray(events)
        self._match = np.frombuffer(self._match_bytes, np.bool_)
