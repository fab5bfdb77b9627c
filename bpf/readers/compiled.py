"""The `compiled` reader: one pass in machine code, which numba makes of the mode's step for a record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, Self, runtime_checkable

from bpf.block import BEGAN, LAST, LONGEST, NEXT, PASSES, RAISED, RAISING, ROOM, STOP, UNTIL, WHOSE
from bpf.channel import RecordChannel
from bpf.machine import MachineSource, Stamps, Steps
from bpf.machine_code import Code, code_of
from bpf.program import Program
from bpf.reader import RecordReader


@runtime_checkable
class TakesSteps(Steps, Protocol):
    """Has a step for one record, which becomes machine code; `state` returns the arrays that it is handed."""

    @staticmethod
    def step(record: Any, /, *arrays: Any) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Paced:
    """What a loop did: how many passes it made, and when the last that found anything was through (0: none was)."""

    passes: int
    last_ns: int


class CompiledReader(RecordReader):
    """Have `step` called for each record, in the order of each producer, with loads and stores in order on any CPU."""

    serves = TakesSteps
    tells_stamps = False

    def __init__(self, sources: Sequence[MachineSource], code: Code) -> None:
        super().__init__(sources)
        self._machine, self._code = sources, code
        for source in sources:
            source.siblings = sources
        for source, following in pairwise(sources):
            source.block[NEXT] = following.at

    @classmethod
    def open(cls, program: Program, mode: object) -> Self:
        channel = program.options.channel
        assert isinstance(channel, RecordChannel)
        assert isinstance(mode, TakesSteps)
        code = code_of(channel.machine_kind, mode.step)
        return cls([MachineSource(memory, mode, code) for memory in channel.memories(program.carriers)], code)

    def tell_stamps(self, tell: Callable[[Stamps], None]) -> None:
        """Have the timestamps of what the mode took told after each time."""
        self.tells_stamps = True
        for source in self._machine:
            source.tell_stamps(tell)

    def pace(self, stop: int, until_ns: int, *, room: float, longest_ns: int) -> Paced:
        """Make passes, and sleep between them as bpf/pause.py says, until a moment, or until `stop` becomes readable.

        Signals end it as well, and whatever only Python can do. The mode is told at the end what was taken.
        """
        first = self._machine[0]
        block = first.block
        block[UNTIL], block[STOP], block[ROOM], block[LONGEST] = until_ns, stop, int(room), longest_ns
        block[LAST] = 0
        if not block[BEGAN]:
            block[BEGAN] = time.monotonic_ns()
        why = self._code.loop(first.at)
        for source in self._machine:  # all of it before a step's refusal has the mode make room
            source.tell_found()
        if why == RAISING:
            self._code.raise_what(block[RAISED])
        if why:
            next(source for source in self._machine if source.at == block[WHOSE]).go_on(why)
        return Paced(block[PASSES], time.monotonic_ns() if why else block[LAST])
