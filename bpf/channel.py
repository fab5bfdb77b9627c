"""What a channel is, and where it is found: it carries events out of the kernel."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from typing import ClassVar, Protocol, Self


class Positions(Protocol):
    """How far a channel's producers and its consumer are, seen from any process that has the map."""

    @property
    def unread_records(self) -> int: ...

    def close(self) -> None: ...


class Channel(ABC):
    """What is fixed of a channel when the program is loaded. Derive a frozen dataclass in a file of its own.

    name        the stem of that file: what a setting calls it
    map_name    the map of drops.c that carries the events
    counts      those of the program's counters that say what became of an event (bpf.counters)
    readers     who can read it, by name (bpf.reader); the first that a mode can be read by is the default
    """

    name: ClassVar[str]
    map_name: ClassVar[str]
    counts: ClassVar[frozenset[str]]
    readers: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def of(cls, *, size_bytes: int | None, wakeup: str | None) -> Self:
        """Make one of what a setting says: of that, a channel takes what concerns it."""

    @property
    @abstractmethod
    def flags(self) -> list[str]:
        """What makes drops.c use it, as -D definitions."""

    @property
    @abstractmethod
    def capacity(self) -> int:
        """How many events it can hold: for an aggregation, how many kinds of events."""

    @staticmethod
    @abstractmethod
    def positions(map_fd: int) -> Positions | None:
        """Open its positions; None where nothing waits in it to be read."""


def channel_named(name: str) -> type[Channel]:
    """Return the channel of that name. Raises ModuleNotFoundError."""
    module = importlib.import_module(f"bpf.channels.{name}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Channel) and value.__module__ == module.__name__
    )
