"""The tables of `bench peers`: medians with their spread, and the ratio to who does the same, block by block."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from results import units
from results.metrics import CPU_PER_EVENT, NS_PER_EVENT
from results.peers import EMPTY, PARTS, label, part_of, reference_of
from results.reports.document import Cell, Document, Line, Table, cells, titled
from results.reports.loss import with_worst
from results.reports.sessions import disturbed, marked
from results.statistics.spread import spread
from results.trial import Trial

Value = Callable[[Trial], float | None]

_TITLES = {
    "drain": ("drains a full ring", "ns/event", "ratio", "of", "trials"),
    "program": ("program, less an empty one", "ns/event", "ratio", "of", "trials"),
    "live": ("live", "offered", "lost", "CPU", "ns/event", "ratio", "of", "trials"),
}


def peers_document(trials: Iterable[Trial]) -> Document:
    """Make a table of each part that was measured."""
    listed = list(trials)
    parts: dict[str, list[Trial]] = {part: [] for part in PARTS}
    for trial in listed:
        parts[part_of(trial.setting)].append(trial)
    tables = (
        Table(
            heading=_TITLES[part][0],
            headings=tuple(
                replace(each, spare=each.title == "CPU") for each in titled(*_TITLES[part][1:], words=("of",))
            ),
            lines=tuple(_lines(part, found)),
        )
        for part, found in parts.items()
        if found
    )
    return Document(headline=(), parts=(*tables, *disturbed(listed)))


def _lines(part: str, trials: Sequence[Trial]) -> Iterator[Line]:
    rows: dict[str, list[Trial]] = {name: [] for name in PARTS[part]}
    for trial in trials:
        rows.setdefault(label(trial.setting), []).append(trial)
    rows = {name: _steadiest(made) for name, made in rows.items()}
    values = {"drain": NS_PER_EVENT.value, "program": _less(rows.get(EMPTY, ())), "live": CPU_PER_EVENT.value}
    value: Value = values[part]
    for name, own in rows.items():
        valid = [trial for trial in own if trial.valid]
        reference = reference_of(name)
        held = rows.get(reference or "", [])
        if own:
            yield Line(
                name,
                (
                    *cells(*(_live(valid) if part == "live" else ())),
                    _with_spread(
                        [mine for trial in valid if (mine := value(trial)) is not None], units.digits, _doubtful(valid)
                    ),
                    _with_spread(_ratios(valid, held, value), "{:.2f}".format, _doubtful((*valid, *held))),
                    *cells(reference or "", _trials(own)),
                ),
            )


def _steadiest(trials: Iterable[Trial]) -> list[Trial]:
    """Take of each block the trial that the machine did least to: one that it spoilt was repeated."""
    found: dict[tuple[str, int], Trial] = {}
    for trial in trials:
        found[_block(trial)] = min(
            found.get(_block(trial), trial), trial, key=lambda each: (not each.valid, each.disturbed)
        )
    return list(found.values())


def _trials(own: Sequence[Trial]) -> str:
    """Say how many there are, and in how many of them something was wrong."""
    for what, count in (
        ("invalid", sum(not trial.valid for trial in own)),
        ("disturbed", sum(trial.disturbed for trial in own)),
    ):
        if count:
            return f"{count}/{len(own)} {what}"
    return f"{len(own)}"


def _less(empty: Iterable[Trial]) -> Value:
    """Return what takes off the cost of a program that does nothing, as it was in the same block."""
    empties = {_block(trial): trial.metrics["program_ns_per_event"] for trial in empty if trial.valid}

    def value(trial: Trial) -> float | None:
        if _block(trial) not in empties or not trial.valid:
            return None
        return trial.metrics["program_ns_per_event"] - empties[_block(trial)]

    return value


def _block(trial: Trial) -> tuple[str, int]:
    return trial.session, trial.block


def _doubtful(trials: Iterable[Trial]) -> bool:
    return any(trial.disturbed for trial in trials)


def _live(valid: Sequence[Trial]) -> tuple[str, str, str]:
    """Say what was offered, what was lost, and how busy the consumer was."""
    return (
        _median(valid, lambda trial: trial.offered_load, units.rate),
        with_worst(trial.ledger.loss_ratio for trial in valid),
        marked(
            _median(valid, lambda trial: trial.metrics["cpu_s"] / (trial.setting.duration_s or 1), units.percent),
            _doubtful(valid),
        ),
    )


def _ratios(own: Iterable[Trial], held: Iterable[Trial], value: Value) -> list[float]:
    theirs = {_block(trial): value(trial) for trial in held if trial.valid}
    return [
        mine / other for trial in own if (other := theirs.get(_block(trial))) and (mine := value(trial)) is not None
    ]


def _with_spread(values: Sequence[float], write: Callable[[float], str], doubtful: bool) -> Cell:
    found = spread(values)
    if found is None:
        return Cell("")
    interval = f"({write(found.low)}–{write(found.high)})" if len(values) > 1 else ""
    return Cell(marked(write(found.median), doubtful), interval, found.median)


def _median(trials: Iterable[Trial], value: Value, write: Callable[[float], str]) -> str:
    values = [found for trial in trials if (found := value(trial)) is not None]
    return write(statistics.median(values)) if values else ""
