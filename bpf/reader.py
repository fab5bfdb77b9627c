"""What a reader is, and where it is found: it hands what is in a channel to a mode."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Self

import bpf.readers
from bpf.program import Program


class Reader(ABC):
    """Reads one channel for one mode, in a file of its own.

    serves      the Protocol that a mode must play to be read by it
    bounded     whether a pass takes no more than was there when it began
    checksum    the sum of the timestamps read; None: it does not look at them
    """

    serves: ClassVar[type]
    bounded: ClassVar[bool] = True
    checksum: int | None = None

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
