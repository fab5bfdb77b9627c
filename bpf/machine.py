"""A pass over a channel in machine code (bpf/passes.py): the memory that it works on, and what Python does beside it.

Nothing here happens for each record, or for each batch: machine code comes back when there is no more, when a step
refuses a record, or when what it found is none.
"""

from __future__ import annotations

import ctypes
import operator
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bpf.block import (
    ARRAYS,
    AT,
    BLOCK_WORDS,
    CORRUPT,
    COUNT,
    MEMORY,
    OVERWRITTEN,
    RAISED,
    RAISING,
    READ,
    REFUSED,
    STAMPS,
    STAMPS_ROOM,
    SUM,
    TOLD,
    UNTOLD,
    Memory,
)
from bpf.channel import Part
from bpf.machine_code import Code
from bpf.record import RECORD, RECORD_BYTES, Samples

Stamps = npt.NDArray[np.uint64]

_STAMPS_ROOM = 16384
_MOST_REFUSALS = 16


class Steps(Protocol):
    """A mode, as a pass needs it."""

    def state(self) -> tuple[npt.NDArray[Any], ...]: ...

    def stepped(self, events: int, /) -> None: ...

    def make_room(self, record: np.void, /) -> None: ...


class MachineSource:
    """Has a mode's step called for each record of one producer."""

    def __init__(self, memory: Memory, mode: Steps, code: Code) -> None:
        self._memory, self._mode, self._code = memory, mode, code
        self.siblings: Sequence[MachineSource] = (self,)
        """All that work on the mode's arrays, which may be others after make_room()."""
        self._words = np.zeros(BLOCK_WORDS, np.int64)
        self._block = self._words.data.cast("B").cast("q")
        self._block[MEMORY : MEMORY + len(memory.words)] = memoryview(array("q", memory.words))
        self._stamps = np.empty(0, np.uint64)
        self._tell: Callable[[Stamps], None] | None = None
        self._state: tuple[npt.NDArray[Any], ...] = ()
        self.hand_over_state()
        self._call, self._at = code.call, int(self._words.ctypes.data)

    @property
    def checksum(self) -> int | None:
        return self._block[SUM]

    @property
    def overwritten(self) -> int:
        return self._block[OVERWRITTEN] + self._memory.anew().overwritten

    def unread(self) -> int:
        return self._memory.anew().unread()

    def parts(self) -> Sequence[Part]:
        (waits,) = self._memory.anew().parts()
        told = None if waits.kernel_told is None else self._block[TOLD]
        overwritten = waits.overwritten + self._block[OVERWRITTEN]
        return [replace(waits, read=self._block[READ], overwritten=overwritten, kernel_told=told)]

    @property
    def at(self) -> int:
        """Where its block lies."""
        return self._at

    @property
    def block(self) -> memoryview:
        return self._block

    def tell_found(self) -> None:
        """Tell the mode what a loop found."""
        if untold := self._block[UNTOLD]:
            self._block[UNTOLD] = 0
            self._took(untold)

    def tell_stamps(self, tell: Callable[[Stamps], None]) -> None:
        """Have the timestamps of what the mode took told after each time."""
        self._tell = tell
        self._stamps = np.empty(_STAMPS_ROOM, np.uint64)
        self._block[STAMPS], self._block[STAMPS_ROOM] = int(self._stamps.ctypes.data), len(self._stamps)

    def consume(self) -> int:
        """Take what was there when called, in one pass; return the number of records. Never waits.

        Raises what a step raises, and ValueError for what is no record of ours.
        """
        found = self._call(self._at)
        if found > 0:
            self._took(found)
        return found if found >= 0 else self.go_on(found)

    def _took(self, events: int) -> None:
        self._mode.stepped(events)
        if self._tell is not None:
            self._tell(self._stamps[:events])

    def go_on(self, why: int) -> int:
        """Do what a pass came back early for, and let it go on, until it is through; return how many records."""
        taken = refusals = 0
        while why < 0:
            if why == RAISING:
                self._code.raise_what(self._block[RAISED])
            if count := self._block[COUNT]:
                self._took(count)
                taken, refusals = taken + count, 0
            if why == CORRUPT:
                self._memory.anew().consume()
                raise ValueError("the channel is corrupt, or not ours")
            if why == REFUSED:
                refusals += 1
                if refusals > _MOST_REFUSALS:
                    raise RuntimeError(f"step() refused a record {refusals} times, whatever make_room() did")
                self._mode.make_room(_record(self._block[AT]))
                for each in self.siblings:
                    each.hand_over_state()
            why = self._call(self._at)
        if why:
            self._took(why)
        return taken + why

    def hand_over_state(self) -> None:
        """Put in where the mode's arrays lie. Raises TypeError for others than its step was compiled for."""
        state = self._mode.state()
        if len(state) == len(self._state) and all(map(operator.is_, state, self._state)):
            return
        if len(state) != len(self._code.arrays):
            raise TypeError(f"state() returns {len(state)} arrays, and step() takes {len(self._code.arrays)}")
        for number, (each, wanted) in enumerate(zip(state, self._code.arrays, strict=True)):
            if each.dtype != wanted or each.ndim != 1 or not each.flags.carray:
                said = f"{each.dtype} of {each.ndim} dimensions"
                raise TypeError(
                    f"array {number + 1} of state() is of {said}; step() takes {wanted} in one dimension and one piece"
                )
            self._block[ARRAYS + 2 * number] = int(each.ctypes.data)
            self._block[ARRAYS + 2 * number + 1] = len(each)
        self._state = state  # machine code works on them: they live as long as it may


def _record(at: int) -> np.void:
    """Copy the record at an address."""
    copied: Samples = np.frombuffer(ctypes.string_at(at, RECORD_BYTES), RECORD)
    record: np.void = copied[0]
    return record
