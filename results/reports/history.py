"""The tracks of a history as lines of text, and on a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from results.history import History, Track, changes
from results.reports.forms.terminal import Console
from results.reports.run import bare_table

_HEIGHTS = "▁▂▃▄▅▆▇█"
_LONGEST_SPARK = 24
"""Sessions that fit beside the numbers on a narrow terminal: the last ones."""


@dataclass(frozen=True, slots=True)
class TrackLine:
    """First and last value of a track, as text."""

    label: str
    machine: int
    sessions: int
    first: str
    last: str
    change: str
    spark: str


def track_lines(history: History) -> list[TrackLine]:
    """Write each track in a line."""
    return [_line(history, track) for track in history.tracks]


def print_history(history: History, console: Console) -> None:
    """Print a line a track with a small chart, then the machines if there are several."""
    console.print(Text(f"{history.column.title} over {len(history.sessions)} sessions", style="bold"))
    table = bare_table("variant")
    # Long names fold; numbers do not.
    table.columns[0].no_wrap, table.columns[0].overflow = False, "fold"
    for title in ("machine", "sessions", "first", "last", "change"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for line in track_lines(history):
        cells = (line.label, str(line.machine), str(line.sessions), line.first, line.last, line.change, line.spark)
        table.add_row(*map(Text, cells))
    console.print(table)
    if len(history.machines) > 1:
        for number, machine in enumerate(history.machines, start=1):
            others = [other for other in history.machines if other is not machine]
            telling = {name: value for name, value in machine.items() if any(o.get(name) != value for o in others)}
            console.print(Text(f"machine {number}: {', '.join(f'{name} {value}' for name, value in telling.items())}"))


def _line(history: History, track: Track) -> TrackLine:
    values = [point.value.median for point in track.points]
    change = changes(track.points)
    low, high = min(values), max(values)
    recent = values[-_LONGEST_SPARK:]
    spark = "".join(_HEIGHTS[round((value - low) / (high - low) * 7) if high > low else 3] for value in recent)
    return TrackLine(
        track.label,
        track.machine + 1,
        len(track.points),
        history.column.write(values[0]),
        history.column.write(values[-1]),
        "–" if change is None or len(values) == 1 else f"{change * 100:+.3g} %",
        spark,
    )
