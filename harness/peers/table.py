"""The tables of `bench peers`: medians with their spread, and the ratio to the C consumer that does the same."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from rich.table import Table

from harness.peers.contender import Contender
from harness.peers.program_cost import REFERENCE, variants
from results import units
from results.reports.forms.terminal import Console
from results.statistics.spread import spread
from results.trial import Trial

Value = Callable[[Trial], float | None]


def print_drains(console: Console, contenders: Sequence[Contender], trials: Sequence[Trial]) -> None:
    """Print ns per event of each contender, and its ratio block by block."""
    table = _table("drains a full ring", "ns/event", "ratio", "trials")
    labels = {contender.setting: contender.label for contender in contenders}
    drains = [trial for trial in trials if trial.setting in labels]
    for contender in contenders:
        reference = contender.reference or _first_of_ours(contender, contenders)
        own = [trial for trial in drains if trial.setting == contender.setting]
        held = [trial for trial in drains if labels[trial.setting] == reference]
        _row(table, contender.label, own, held, reference, lambda trial: trial.ns_per_event)
    if drains:
        console.print(table)


def print_costs(console: Console, trials: Sequence[Trial]) -> None:
    """Print ns per run of each variant less the empty one's, and the ratio of that."""
    costs = [trial for trial in trials if "program_ns_per_event" in trial.metrics]
    empty = {trial.block: trial for trial in costs if trial.setting.mode == REFERENCE}

    def less_empty(trial: Trial) -> float | None:
        if trial.block not in empty or not trial.valid:
            return None
        return trial.metrics["program_ns_per_event"] - empty[trial.block].metrics["program_ns_per_event"]

    table = _table("program, less an empty one", "ns/event", "ratio", "trials")
    for variant in variants(bytes(6)):
        own = [trial for trial in costs if trial.setting.mode == variant.mode]
        held = [trial for trial in costs if trial.setting.mode == variant.reference]
        _row(table, variant.mode, own, held, variant.reference, less_empty)
    if costs:
        console.print(table)


def print_live(console: Console, contenders: Sequence[Contender], trials: Sequence[Trial]) -> None:
    """Print what each consumed live, what was lost, and the CPU that it took."""
    table = _table("live", "offered", "lost", "CPU", "ns/event", "ratio", "trials")
    names = {contender.setting: contender.label for contender in contenders}
    rows: dict[str, list[Trial]] = {label: [] for label in names.values()}
    for trial in trials:
        if trial.setting.trial_kind == "load" and trial.setting.pass_ == "timed":
            rows.setdefault(names.get(trial.setting, trial.setting.mode), []).append(trial)
    references = {contender.label: contender.reference for contender in contenders}
    for label, own in rows.items():
        valid = [trial for trial in own if trial.valid]
        reference = references.get(label)
        cells = [_median(valid, lambda trial: trial.offered_load, units.rate), _lost(valid), _cpu(valid)]
        _row(table, label, own, rows.get(reference or "", []), reference, _cpu_ns, before=cells)
    if any(rows.values()):
        console.print(table)


def _first_of_ours(contender: Contender, contenders: Sequence[Contender]) -> str | None:
    """Hold bcc's callback to our batch reader in the same mode."""
    if contender.c_work is not None:
        return None
    same = [c for c in contenders if c.setting.mode == contender.setting.mode and c.setting.reader == "batch"]
    return same[0].label if same else None


def _row(  # noqa: PLR0917 - the cells
    table: Table,
    label: str,
    own: Sequence[Trial],
    held: Sequence[Trial],
    reference: str | None,
    value: Value,
    before: Sequence[str] = (),
) -> None:
    valid = [trial for trial in own if trial.valid]
    if not own:
        return
    by_block = {trial.block: value(trial) for trial in held if trial.valid}
    ratios = [
        mine / theirs for trial in valid if (theirs := by_block.get(trial.block)) and (mine := value(trial)) is not None
    ]
    table.add_row(
        label,
        *before,
        _with_spread([mine for trial in valid if (mine := value(trial)) is not None], units.digits),
        f"{_with_spread(ratios, lambda ratio: f'{ratio:.2f}')} of {reference}" if ratios else "",
        f"{len(valid)}" if len(valid) == len(own) else f"{len(own) - len(valid)}/{len(own)} invalid",
    )


def _with_spread(values: Sequence[float], write: Callable[[float], str]) -> str:
    found = spread(values)
    if found is None:
        return ""
    return f"{write(found.median)} ({write(found.low)}–{write(found.high)})" if len(values) > 1 else write(found.median)


def _median(trials: Sequence[Trial], value: Value, write: Callable[[float], str]) -> str:
    values = [found for trial in trials if (found := value(trial)) is not None]
    return write(statistics.median(values)) if values else ""


def _lost(trials: Sequence[Trial]) -> str:
    return _median(trials, lambda trial: trial.ledger.loss_ratio, units.percent)


def _cpu(trials: Sequence[Trial]) -> str:
    return _median(trials, lambda trial: trial.metrics["cpu_s"] / (trial.setting.duration_s or 1), units.percent)


def _cpu_ns(trial: Trial) -> float | None:
    return trial.metrics.get("cpu_ns_per_event")


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    return table
