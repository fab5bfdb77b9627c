"""The `callback` reader: one Python call for each record, as in every bcc example."""

from typing import Protocol, Self, runtime_checkable

from bpf.channel import RecordChannel
from bpf.program import Program
from bpf.reader import RecordReader


@runtime_checkable
class TakesRecords(Protocol):
    """Is called for each record."""

    def on_record(self, ctx: int, data: int, size: int, /) -> int: ...


class CallbackReader(RecordReader):
    """Hand each record to `on_record`: by bcc's own loop where it has one for the channel."""

    serves = TakesRecords
    bounded = False  # as libbpf does, it takes what comes while it works

    @classmethod
    def open(cls, program: Program, mode: object) -> Self:
        channel = program.options.channel
        assert isinstance(channel, RecordChannel)
        assert isinstance(mode, TakesRecords)
        return cls([channel.calls(program, mode.on_record)])
