"""The `batch` reader: looks at the channel's mapped memory, many records at a time, with no Python work per record."""

from typing import Protocol, Self, runtime_checkable

from bpf.channel import RecordChannel
from bpf.program import Program
from bpf.reader import RecordReader
from bpf.record import Samples
from bpf.ring_runs import unordered


@runtime_checkable
class TakesBatches(Protocol):
    """Is handed many records at a time."""

    def take(self, samples: Samples, /) -> None: ...


class BatchReader(RecordReader):
    """Hand all that waits in a channel to `take`, as views of many records, in the order of each producer."""

    serves = TakesBatches

    @staticmethod
    def unsupported() -> str | None:
        """Say why this machine cannot read a channel's memory from Python, or None."""
        why = unordered()
        return None if why is None else f"{why}; use --reader callback"

    @classmethod
    def open(cls, program: Program, mode: object) -> Self:
        channel = program.options.channel
        assert isinstance(channel, RecordChannel)
        assert isinstance(mode, TakesBatches)
        return cls(channel.runs(program.carriers, mode.take, program.record))
