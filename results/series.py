"""What a trial recorded that is not one number, made into rows; what does not fit is left out, never guessed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from results.trial import Trial

SERIES = {
    "timeline": "a row per second, or per --timeline S: what came, what became of it and what it cost, since the start",
    "gc_pauses": "the longer pauses of the garbage collector: start, length, generation, CPU time",
    "losses": "(from, to, drops lost) for the time between two looks in which any were lost",
    "gc_total": "the growth of its pauses, from which the timeline takes them; a trial does not hold it",
    "age_histogram": "(greatest age of the step in ns, events)",
    "allocation_sites": "the lines that allocate most often, and those that allocate most bytes",
    "instruction_functions": "the functions that take most instructions themselves, those that they call not included",
    "line_samples": "the lines that most CPU time went to, by the looks that found the consumer there",
    "batch_lengths": "(most records of such a pass, passes), by powers of two",
    "cpus": "the ledger of each CPU that sent, or on which a drop of ours was seen, where several do, or have parts",
    "top_drops": "the reasons and functions that most events had, with their counts",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One interval of a trial: when it ended, the drops offered and lost in it, and the collector's pause in it."""

    t_s: float
    offered: float
    consumed: float
    lost: float
    gc_pause_s: float


@dataclass(frozen=True, slots=True)
class TopDrop:
    """How many drops had this reason and came from this function."""

    reason: str
    function: str
    count: int


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A line of Python (`site` is its file and number, `text` what stands there), or a function of a library."""

    site: str
    function: str
    text: str

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.site, self.function)))


def code_places(trial: Trial, series: str, count: str) -> list[tuple[CodePlace, float]]:
    """Read what a trial counted by place; rows without that count are left out."""
    rows = trial.series.get(series)
    found = []
    for row in rows if isinstance(rows, list) else []:
        match row:
            case {"function": str(function)} if isinstance(number := row.get(count), int | float):
                site, text = (each if isinstance(each := row.get(name), str) else "" for name in ("site", "text"))
                found.append((CodePlace(site, function, text), float(number)))
    return found


def timeline(trial: Trial) -> list[Moment]:
    """Read the timeline of a trial, whose counts are those since its start; empty when it has none."""
    moments: list[Moment] = []
    rows = trial.series.get("timeline")
    before = (0.0, 0.0, 0.0, 0.0, 0.0)
    for row in rows if isinstance(rows, list) else []:
        now = _numbers(row, ("t_s", "offered", "consumed", "lost", "gc_pause_s"))
        if now is None or now[0] <= before[0]:
            continue
        steps = [max(0.0, new - old) for new, old in zip(now[1:], before[1:], strict=True)]
        moments.append(Moment(now[0], *steps))
        before = now
    return moments


LONG_S = 0.001
"""Pauses of the collector from this length on are set beside losses (docs/gc.md)."""


def long_pauses(trial: Trial) -> list[tuple[float, float]]:
    """Read when the garbage collector paused for long, and for how long, in seconds; empty when it is not known."""
    return [(start, length) for start, length, *_ in _rows(trial, "gc_pauses", 2) if length >= LONG_S]


def losses(trial: Trial) -> list[tuple[float, float, float]]:
    """Read (from, to, drops lost) of the time between two looks, in seconds; empty when it is not known."""
    return [(since, until, lost) for since, until, lost, *_ in _rows(trial, "losses", 3) if until > since]


def _rows(trial: Trial, name: str, least: int) -> Iterable[list[float]]:
    """Yield the rows of a series that begin with so many numbers."""
    rows = trial.series.get(name)
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, list) and len(row) >= least and all(isinstance(each, int | float) for each in row[:least]):
            yield row


def top_drops(trials: Iterable[Trial]) -> list[TopDrop]:
    """Add up what was dropped for which reason and where, most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    for trial in trials:
        rows = trial.series.get("top_drops")
        for row in rows if isinstance(rows, list) else []:
            match row:
                case {"reason": str() | int() as reason, "function": str() | int() as function, "count": int(count)}:
                    counts[str(reason), str(function)] += count
                case [str() | int() as reason, str() | int() as function, int(count)]:
                    counts[str(reason), str(function)] += count
    return [TopDrop(reason, function, count) for (reason, function), count in counts.most_common()]


def cpus(trial: Trial) -> list[dict[str, int]]:
    """Read the ledger of each CPU; empty where it has none."""
    rows = trial.series.get("cpus")
    return [
        row
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and "cpu" in row and {*map(type, row.values())} == {int}
    ]


def _numbers(row: Any, names: Sequence[str]) -> tuple[float, float, float, float, float] | None:
    """Take numbers out of a row by name; one that is absent (a trial without the probe) counts as no change."""
    if not isinstance(row, dict):
        return None
    values = [row.get(name) or 0.0 for name in names]
    if not all(isinstance(value, int | float) for value in values):
        return None
    t_s, offered, consumed, lost, pause = (float(value) for value in values)
    return t_s, offered, consumed, lost, pause
