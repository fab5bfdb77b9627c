"""What the hosts of a fleet do: a line each on a terminal, rewritten in place; elsewhere a line at each change."""

import sys
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.clock import Clock
from harness.fleet.hosts import Seen
from harness.machine.streams import redraws, say
from results.shown import shown


class FleetLines(AbstractContextManager["FleetLines"]):
    """Shows each host: what it does, how much is done, and its last words. It is drawn when something is told alone."""

    def __init__(self, due: int, *, quiet: bool) -> None:
        self._due = due
        self._finished = 0
        self._clock = Clock()
        self._quiet = quiet
        self._ended: dict[str, int] = {}
        self._told: dict[str, tuple[str, ...]] = {}
        self._live = Live(console=Console(stderr=True), auto_refresh=False) if redraws(sys.stderr) else None

    def __enter__(self) -> "FleetLines":
        if self._live is not None and not self._quiet:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, host: str, seen: Seen) -> None:
        """Show what is new of a host."""
        self._ended[host] = seen.done + seen.lost
        cells = (host, _state(seen), f"{seen.trials:,} trials", seen.said)
        if self._quiet or self._told.get(host) == cells:
            return
        self._told[host] = cells
        if self._live is None:
            say(f"{host}: {', '.join(filter(None, cells[1:]))}")
        else:
            table = Table.grid(padding=(0, 2))
            table.add_row(Text(self._progress()))
            for row in self._told.values():
                table.add_row(*(Text(shown(cell), no_wrap=True, overflow="ellipsis") for cell in row))
            self._live.update(table, refresh=True)

    def _progress(self) -> str:
        """Say how many of the shards that were due came to an end, and how long that takes."""
        ended = sum(self._ended.values())
        for _ in range(self._finished, ended):
            self._clock.made()
        self._finished = ended
        return f"{ended}/{self._due} shards, {self._clock.told(self._due - ended)}"


def _state(seen: Seen) -> str:
    state = "away" if not seen.here else "waits" if seen.shard is None else f"runs shard {seen.shard.number}"
    lost = f", {seen.lost} lost" if seen.lost else ""
    return f"{state}, {seen.done} done{lost}"
