"""What was counted, named: a row for each kind of drop, the most frequent first."""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from bpf.pid_namespace import ELSEWHERE
from bpf.readers.snapshot import Counts, Keys
from modes import Kit, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """So many drops; those that only a mode counted belong to no process, and one outside this container has no pid."""

    reason: str
    function: str
    pid: int | None = None
    process: str | None = None
    count: int

    def cells(self) -> dict[str, str | int | None]:
        """Return what is told, by name."""
        told = asdict(self)
        return told if self.process is not None else {name: told[name] for name in ("reason", "function", "count")}


def snapshot_rows(keys: Keys, counts: Counts, kit: Kit, processes: dict[int, str]) -> list[Row]:
    """Name what a snapshot holds; `processes` remembers the names of those that end meanwhile."""
    return _most_first(
        Row(
            reason=kit.reasons.name(reason),
            function=kit.symbols.name(location),
            pid=None if pid == ELSEWHERE else pid,
            process=processes.get(pid) or processes.setdefault(pid, _process_name(pid)),
            count=count,
        )
        for (location, pid, reason), count in zip(keys.tolist(), counts.tolist(), strict=True)
    )


def tally_rows(mode: Mode, kit: Kit) -> list[Row]:
    """Name what a mode has counted."""
    return _most_first(
        Row(reason=kit.reasons.name(reason), function=kit.symbols.name(location), count=count)
        for (reason, location), count in mode.tally.items()
    )


def _most_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -row.count)


def _process_name(pid: int) -> str:
    """Name a process; one that has ended since has no name any more."""
    if pid == 0:
        return "(idle)"
    if pid == ELSEWHERE:
        return "(outside this container)"
    try:
        return os.fsdecode(Path(f"/proc/{pid}/comm").read_bytes().removesuffix(b"\n"))
    except OSError:
        return "(ended)"
