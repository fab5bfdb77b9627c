"""What a channel is, and where it is found: it carries events out of the kernel."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import bpf.channels
from bpf.ring import RECORD_BYTES, SAMPLE_BYTES, stride

if TYPE_CHECKING:
    from bpf.block import Kind, Memory
    from bpf.fields import Record
    from bpf.record import Samples

Take = Callable[["Samples"], None]
"""Is handed a run of records: a view that is valid only until it returns."""

OnRecord = Callable[[int, int, int], int]
"""Called with (context, address of the sample, its size); a negative return ends the pass."""


class Positions(Protocol):
    """How far a channel's producers and its consumer are, seen from any process that has the map."""

    @property
    def unread_records(self) -> int: ...

    @property
    def overwritten(self) -> int: ...

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """What became of the records in one part of a channel."""

    read: int
    overwritten: int
    unread: int
    kernel_refused: int | None = None
    """Records for which there was no room, where the kernel itself counts them."""
    kernel_told: int | None = None
    """Of these, how many it told of among the records, where it does."""

    def since(self, before: Self) -> Self:
        """Return what has become of it since an earlier look.

        A record tells of what was refused before it, in that order: first of what still was untold at the earlier look.
        """
        refused = told = None
        if self.kernel_refused is not None and before.kernel_refused is not None:
            refused = self.kernel_refused - before.kernel_refused
            if self.kernel_told is not None:
                told = max(0, self.kernel_told - before.kernel_refused)
        return type(self)(
            read=self.read - before.read,
            overwritten=self.overwritten - before.overwritten,
            unread=self.unread,
            kernel_refused=refused,
            kernel_told=told,
        )


class Source(Protocol):
    """What a reader takes records from: one producer's part of a channel, or all of it."""

    @property
    def checksum(self) -> int | None:
        """The sum of the timestamps read; None: they are not looked at."""

    @property
    def overwritten(self) -> int:
        """Records that were gone before they could be read, in a channel that overwrites."""

    def consume(self) -> int:
        """Hand over what there is, in one pass; return the number of records. Never waits."""

    def unread(self) -> int:
        """Count what waits to be read."""

    def parts(self) -> Sequence[Part]:
        """Tell what was read so far of each CPU's part, in the order of the CPUs; of what all write, it is one."""


class Bcc(Protocol):
    """A loaded program, as bcc has it; `carriers` are the descriptors of all that carries its events."""

    carriers: Sequence[int]
    record: Record | None

    @property
    def bcc(self) -> Any: ...

    @property
    def events(self) -> Any: ...


class Channel(ABC):
    """What is fixed of a channel when the program is loaded. Derive a frozen dataclass in a file of its own.

    The first line of its docstring says what it promises.

    name        the stem of that file, with - for _: what a setting calls it
    map_name    the map of drops.c that carries the events
    events_name the map of which bcc can decode a sample; None: of none
    counts      those of the program's counters that say what became of an event (bpf.counters)
    readers     who can read it, by name (bpf.reader); the first that a mode can be read by is the default
    found_by_id whether who has the map has all of it; else the descriptors are passed on
    stays_ready whether epoll reports it for as long as anything waits; else once for each notification
    """

    name: ClassVar[str]
    map_name: ClassVar[str]
    events_name: ClassVar[str | None] = None
    counts: ClassVar[frozenset[str]]
    readers: ClassVar[tuple[str, ...]]
    found_by_id: ClassVar[bool] = True
    stays_ready: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def of(cls, *, size_bytes: int | None, wakeup: str | None, when_full: str | None = None) -> Self:
        """Make one of what a setting says: of that, a channel takes what concerns it."""

    @property
    @abstractmethod
    def flags(self) -> list[str]:
        """What makes drops.c use it, as -D definitions."""

    @property
    @abstractmethod
    def capacity(self) -> int:
        """How many events it holds, whichever CPUs they come from: for an aggregation, how many kinds of events."""

    def set_up(self, map_fd: Callable[[str], int], undo: ExitStack) -> Sequence[int]:  # noqa: ARG002 - for others
        """Make what the loaded program lacks; return the descriptors of all that carries events."""
        return (map_fd(self.map_name),)

    @property
    def record_bytes(self) -> int:
        """The bytes that an event takes in it, with what tells where it ends."""
        return RECORD_BYTES

    @abstractmethod
    def positions(self, map_fd: int, carriers: Sequence[int]) -> Positions | None:
        """Open its positions, by the map or, where an id does not find all, by the carriers; None: nothing waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChannel(Channel):
    """One that carries a record for each event: any mode can be read from it.

    wakes               whether who sleeps in epoll is notified
    machine_kind        which pass in machine code reads it (bpf/passes.py)
    when_full_choices   what it can do with a record for which it has no room; the first is the default
    """

    sample_bytes: int = SAMPLE_BYTES
    """What one event's sample holds: another number for a user's own program."""

    wakes: ClassVar[bool] = True
    machine_kind: ClassVar[Kind] = "ring"
    when_full_choices: ClassVar[tuple[str, ...]] = ("drop",)

    @property
    def record_bytes(self) -> int:
        return stride(self.sample_bytes)

    @staticmethod
    def unsupported() -> str | None:
        """Say why this machine cannot use it, and what can be used instead, or None."""
        return None

    @staticmethod
    @abstractmethod
    def check_size(size_bytes: int) -> None:
        """Raise BadInput for a size that it cannot have."""

    @staticmethod
    @abstractmethod
    def size_for(records: int, sample_bytes: int = SAMPLE_BYTES) -> int:
        """Return the bytes in which one CPU can leave so many records."""

    @abstractmethod
    def runs(self, carriers: Sequence[int], take: Take, own: Record | None = None) -> Sequence[Source]:
        """Open its memory, to be read in place: what each producer writes is a source of its own.

        `own` describes records of a user's program.
        """

    @abstractmethod
    def memories(self, carriers: Sequence[int]) -> Sequence[Memory]:
        """Open its memory, to be read in machine code: what each producer writes is one."""

    @abstractmethod
    def calls(self, program: Bcc, on_record: OnRecord) -> Source:
        """Open it to be read record by record."""


def channel_named(name: str) -> type[Channel]:
    """Return the channel of that name. Raises ModuleNotFoundError."""
    module = importlib.import_module(f"bpf.channels.{name.replace('-', '_')}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Channel) and value.__module__ == module.__name__
    )


def record_channels() -> dict[str, type[RecordChannel]]:
    """Find the channels that carry records, by name: `ring` first, which is the default."""
    of_records = [channel for channel in _channels() if issubclass(channel, RecordChannel)]
    return {channel.name: channel for channel in sorted(of_records, key=lambda channel: channel.name != "ring")}


def counting_channel(readers: Collection[str]) -> type[Channel] | None:
    """Return the channel of counts that one of some readers reads; None: they are handed records."""
    of_counts = (channel for channel in _channels() if not issubclass(channel, RecordChannel))
    return next((channel for channel in of_counts if not set(channel.readers).isdisjoint(readers)), None)


def _channels() -> Iterator[type[Channel]]:
    return (channel_named(module.name) for module in pkgutil.iter_modules(bpf.channels.__path__))
