"""The `batch` reader: looks at the channel's mapped memory, many records at a time, with no Python work per record."""

import platform
from typing import Protocol, Self, runtime_checkable

from bpf.channel import RecordChannel
from bpf.program import Program
from bpf.reader import RecordReader
from bpf.record import Samples


@runtime_checkable
class TakesBatches(Protocol):
    """Is handed many records at a time."""

    def take(self, samples: Samples, /) -> None: ...


class BatchReader(RecordReader):
    """Hand all that waits in a channel to `take`, as views of many records, in the order of each producer."""

    serves = TakesBatches

    @staticmethod
    def unsupported() -> str | None:
        """Say why this machine cannot read a channel's memory from Python, or None.

        The producer releases its position and each header's length with ordered stores; a reader must load them in that
        order. x86-64 never reorders loads with loads or stores with earlier loads; elsewhere barriers would be needed,
        which Python cannot state.
        """
        machine = platform.machine()
        if machine not in ("x86_64", "AMD64"):
            return f"on {machine} the processor may reorder loads, and Python has no barriers; use --reader callback"
        return None

    @classmethod
    def open(cls, program: Program, mode: object) -> Self:
        channel = program.options.channel
        assert isinstance(channel, RecordChannel)
        assert isinstance(mode, TakesBatches)
        return cls(channel.runs(program.carriers, mode.take, program.record))
