"""A log for each CPU, written in place by the program (bpf/programs/log.h) and read as bpf/log.py says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from bpf.channel import Bcc, OnRecord, Positions, RecordChannel, Source, Take
from bpf.cpus import online_cpus
from bpf.ring import RECORD_BYTES, SAMPLE_BYTES, stride
from results.errors import BadInput

if TYPE_CHECKING:
    from bpf.block import Kind, Memory
    from bpf.fields import Record
    from bpf.log import Log

# Fewer records than a loop of the program's can write between two looks are no log.
_FEWEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LogChannel(RecordChannel):
    """A log for each CPU: in order within a CPU; when full, refuses new events or overwrites the oldest; no wakeups."""

    name = "log"
    map_name = "log_places"
    counts = frozenset({"submitted", "reserve_failed", "checksum"})
    readers = ("batch", "callback", "compiled")
    wakes = False
    machine_kind: ClassVar[Kind] = "log"
    when_full_choices: ClassVar[tuple[str, ...]] = ("drop", "overwrite")

    size_bytes: int = 1 << 20
    """Of all segments together: each is the largest power of two that fits."""
    when_full: str = "drop"

    def __post_init__(self) -> None:
        self.check_size(self.size_bytes)

    @classmethod
    def of(cls, *, size_bytes: int | None, wakeup: str | None, when_full: str | None = None) -> Self:  # noqa: ARG003
        assert size_bytes is not None
        return cls(size_bytes=size_bytes, when_full=when_full or "drop")

    @staticmethod
    def unsupported() -> str | None:
        from bpf.log import unsupported  # noqa: PLC0415 - numpy, which doctor does without

        why = unsupported()
        return None if why is None else f"{why}; use --channel percpu-ring"

    @property
    def slots(self) -> int:
        """Records in one CPU's segment."""
        return 1 << (self.size_bytes // self.record_bytes // len(online_cpus())).bit_length() - 1

    @property
    def flags(self) -> list[str]:
        overwrite = ["-DLOG_OVERWRITE"] if self.when_full == "overwrite" else []
        return [f"-DLOG_CPUS={_segments()}", f"-DLOG_BYTES={self.size_bytes // len(online_cpus())}", *overwrite]

    @property
    def capacity(self) -> int:
        return self.slots

    @staticmethod
    def check_size(size_bytes: int) -> None:
        least = _least()
        if not least <= size_bytes <= 1 << 30:
            raise BadInput(
                f"a log has {least} bytes ({_FEWEST} records per CPU) to 1 GiB ({1 << 30}), not {size_bytes}"
            )

    @staticmethod
    def size_for(records: int, sample_bytes: int = SAMPLE_BYTES) -> int:
        slots = 1 << (max(_FEWEST, records) - 1).bit_length()
        return max(_least(), slots * stride(sample_bytes) * len(online_cpus()))

    def set_up(self, map_fd: Callable[[str], int], undo: ExitStack) -> Sequence[int]:  # noqa: ARG002 - bcc's own
        return map_fd("log_places"), map_fd("log_slots")

    def positions(self, map_fd: int, _carriers: Sequence[int]) -> Positions:
        from bpf.log_runs import LogPositions  # noqa: PLC0415 - numpy, which doctor does without

        return LogPositions(map_fd, _segments(), self.slots)

    def runs(self, carriers: Sequence[int], take: Take, own: Record | None = None) -> Sequence[Source]:
        from bpf.log_runs import LogRuns  # noqa: PLC0415 - as above

        log, overwrites = self._log(carriers, own), self.when_full == "overwrite"
        return [LogRuns(log, cpu, take, overwrites=overwrites, sums=own is None) for cpu in online_cpus()]

    def memories(self, carriers: Sequence[int]) -> Sequence[Memory]:
        from bpf.log_runs import memory_of  # noqa: PLC0415 - as above

        log, overwrites = self._log(carriers, None), self.when_full == "overwrite"
        return [memory_of(log, cpu, overwrites=overwrites) for cpu in online_cpus()]

    def calls(self, program: Bcc, on_record: OnRecord) -> Source:
        from bpf.log_runs import LogCalls  # noqa: PLC0415 - as above

        log, overwrites = self._log(program.carriers, program.record), self.when_full == "overwrite"
        return LogCalls(log, online_cpus(), on_record, overwrites=overwrites, sample_bytes=self.sample_bytes)

    def _log(self, carriers: Sequence[int], own: Record | None) -> Log:
        from bpf.log import Log  # noqa: PLC0415 - as above
        from bpf.record import RECORD  # noqa: PLC0415 - as above

        places, slots = carriers
        slot = RECORD if own is None else own.in_slot
        return Log(places, slots, cpus=_segments(), slots=self.slots, slot=slot)


def _least() -> int:
    return len(online_cpus()) * RECORD_BYTES * _FEWEST


def _segments() -> int:
    return max(online_cpus()) + 1
