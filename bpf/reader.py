"""What a reader is, and where it is found: it hands what is in a channel to a mode."""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Self

import bpf.readers
from bpf.channel import Part, Source
from bpf.program import Program


class Reader(ABC):
    """Reads one channel for one mode, in a file of its own.

    serves      the Protocol that a mode must play to be read by it
    bounded     whether a pass takes no more than was there when it began
    """

    serves: ClassVar[type]
    bounded: ClassVar[bool] = True

    @property
    def overwritten(self) -> int:
        """Events that were gone before they could be read."""
        return 0

    @property
    def checksum(self) -> int | None:
        """The sum of the timestamps read; None: it does not look at them."""
        return None

    @staticmethod
    def unsupported() -> str | None:
        """Say why this machine cannot read so, or None."""
        return None

    @classmethod
    @abstractmethod
    def open(cls, program: Program, mode: object) -> Self:
        """Open it on the program's channel, for a mode that plays what it serves."""

    @abstractmethod
    def consume(self) -> int:
        """Hand over what there is, in one pass; return the number of events. Never waits."""

    @abstractmethod
    def unread(self, consumed: int) -> int:
        """Count what the mode never took, who has consumed so many events."""


class RecordReader(Reader):
    """Reads a channel of records: its sources one after the other in each pass, each in its own order."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self._sum_before = self._overwritten_before = 0
        self._parts_before: Sequence[Part] | None = None
        self._consumers = [source.consume for source in sources]

    @property
    def checksum(self) -> int | None:
        sums = [source.checksum for source in self.sources if source.checksum is not None]
        return sum(sums) - self._sum_before if sums else None

    def begin_anew(self) -> None:
        """Begin what was counted at 0 again."""
        self._overwritten_before += self.overwritten
        self._sum_before += self.checksum or 0
        self._parts_before = self._parts()

    @property
    def overwritten(self) -> int:
        return sum(source.overwritten for source in self.sources) - self._overwritten_before

    def consume(self) -> int:
        if len(self._consumers) == 1:
            return self._consumers[0]()
        return sum([consume() for consume in self._consumers])

    def parts(self) -> list[Part]:
        """Tell what became of the records in each CPU's part of the channel."""
        if self._parts_before is None:
            return self._parts()
        return [part.since(before) for part, before in zip(self._parts(), self._parts_before, strict=True)]

    def _parts(self) -> list[Part]:
        return [part for source in self.sources for part in source.parts()]

    def unread(self, _consumed: int) -> int:
        return sum(source.unread() for source in self.sources)


def reader_names() -> list[str]:
    """List the readers: the files of bpf/readers."""
    return sorted(module.name for module in pkgutil.iter_modules(bpf.readers.__path__))


def reader_named(name: str) -> type[Reader]:
    """Return the reader of that name. Raises ModuleNotFoundError."""
    module = importlib.import_module(f"bpf.readers.{name}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Reader) and value.__module__ == module.__name__
    )


def default_reader(names: Sequence[str]) -> str:
    """Return the first of some readers that this machine can use; where it can use none, the first."""
    return next((name for name in names if reader_named(name).unsupported() is None), names[0])
