"""The `compiled` reader: one pass in machine code, which numba makes of the mode's step for a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from bpf.channel import RecordChannel
from bpf.machine import MachineSource, Stamps
from bpf.machine_code import code_of
from bpf.program import Program
from bpf.reader import RecordReader


@runtime_checkable
class TakesSteps(Protocol):
    """Has a step for one record, which becomes machine code; `state` returns the arrays that it is handed."""

    @staticmethod
    def step(record: Any, /, *arrays: Any) -> bool | None: ...

    def state(self) -> tuple[npt.NDArray[Any], ...]: ...

    def stepped(self, events: int, /) -> None: ...

    def make_room(self, record: np.void, /) -> None: ...


class CompiledReader(RecordReader):
    """Have `step` called for each record, in the order of each producer, with loads and stores in order on any CPU."""

    serves = TakesSteps

    @classmethod
    def open(cls, program: Program, mode: object) -> Self:
        channel = program.options.channel
        assert isinstance(channel, RecordChannel)
        assert isinstance(mode, TakesSteps)
        code = code_of(channel.machine_kind, mode.step)
        return cls([MachineSource(memory, mode, code) for memory in channel.memories(program.carriers)])

    def tell_stamps(self, tell: Callable[[Stamps], None]) -> None:
        """Have the timestamps of what the mode took told after each time."""
        for source in self.sources:
            assert isinstance(source, MachineSource)
            source.tell_stamps(tell)
