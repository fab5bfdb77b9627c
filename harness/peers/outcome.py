"""What a consumer of the shared ring says when it has finished, and what it is told to do."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from harness.control import Message
from results.trial import Setting


@dataclass(frozen=True, kw_only=True)
class Outcome(Message):
    """Counts are of this trial alone; times are CLOCK_MONOTONIC; `cpu_s` is the consumer's, from began to the end.

    `checksum_read` is None for a consumer that does not add up what it reads.
    """

    consumed: int
    checksum_read: int | None
    began_ns: int
    last_consumed_ns: int
    cpu_s: float
    waits: int


@dataclass(frozen=True, kw_only=True)
class Task(Message):
    """The ring to consume, by its id, and how: as the setting waits, or what is there now in a drain trial."""

    setting: Setting
    ring_id: int
    output_fd: int
    realtime_offset_ns: int
    cpu: int | None


class Consumer(Protocol):
    """A process that consumes the ring, as a context manager that kills it if it still lives."""

    def begin(self) -> None: ...

    def finish(self) -> Outcome: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
