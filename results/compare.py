"""Two result files, or two variants of one, side by side: every shared metric as a ratio with its interval."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

from results.brief import Names
from results.errors import BadInput, unknown
from results.metrics import COMPARED, CONSUME_RATE, Metric
from results.scorecard.report import Report
from results.scorecard.rows import Row
from results.scorecard.variants import Variant
from results.session import Difference, Session, differences, mode_differences, unlike
from results.statistics.ratio import Comparison, compare
from results.statistics.spread import Spread
from results.trial import Setting, Trial

Verdict = Literal["worse", "better", "same", "undecided"]

# What `check` does not gate is judged by the margin of times.
MARGIN = 0.10

# The confidence that a verdict needs.
ENOUGH = 0.95


@dataclass(frozen=True, slots=True)
class Judged:
    """One metric of one variant under one load, on both sides. `shift` is None where there is no ratio to be had.

    `doubtful`: the machine was not quiet in some trial of A, of B.
    """

    label: str
    setting: Setting
    column: Metric
    a: Spread
    b: Spread
    margin: float
    shift: Comparison | None
    doubtful: tuple[bool, bool] = (False, False)

    @property
    def verdict(self) -> Verdict:
        """Say whether B is beyond the margin, within it, or not told apart from either."""
        if self.shift is None:
            return "same" if self.a.values == self.b.values else "undecided"
        if self.shift.confidence < ENOUGH:
            return "undecided"
        none = 1.0 if self.shift.scale == "ratio" else 0.0
        up = none + self.margin
        down = none / (1 + self.margin) if self.shift.scale == "ratio" else -self.margin
        if down <= self.shift.low and self.shift.high <= up:
            return "same"
        if self.shift.low > up:
            return "better" if self.column.better == "higher" else "worse"
        if self.shift.high < down:
            return "worse" if self.column.better == "higher" else "better"
        return "undecided"


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome: what was compared, what could not be, and how the machines and the users' modes differ.

    `withheld` are the metrics that mean something else on either side, whose Pythons count differently. `modes` are all
    that the files hold.
    """

    name_a: str
    name_b: str
    judged: tuple[Judged, ...]
    withheld: tuple[Metric, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    differences: tuple[Difference, ...]
    contents: tuple[Difference, ...]
    sessions: tuple[Session, ...]
    problems: tuple[str, ...]
    trials: tuple[Trial, ...]
    modes: frozenset[str]

    @property
    def unlike(self) -> tuple[Difference, ...]:
        """The differences that make the two not comparable."""
        return unlike(self.differences)


def compare_files(a: Report, b: Report, names: Sequence[str], margin: float | None) -> Compared:
    """Compare the rows of two reports whose settings are the same."""
    pairs = [(row, other) for row in a.rows if (other := _same_setting(row, b.rows))]
    for report, name in zip((a, b), names, strict=True):
        _refuse_several(report, name, {_key(row) for row, _ in pairs})
    if not pairs:
        raise BadInput("nothing to compare: no setting (mode, reader, traffic, load …) is in both files")
    matched = [id(row) for pair in pairs for row in pair]
    ran_a, ran_b = _ran(a, [row for row, _ in pairs]), _ran(b, [row for _, row in pairs])
    shared = {_name(trial) for trial in a.trials} & {_name(trial) for trial in b.trials}
    both = (f"{len(shared)} trials are in both files, which makes the two look alike",) if shared else ()
    return Compared(
        names[0],
        names[1],
        tuple(judged for row, other in pairs for judged in _judge(row.label, row, other, margin)),
        _withheld(pairs),
        tuple(row.label for row in a.rows if id(row) not in matched),
        tuple(row.label for row in b.rows if id(row) not in matched),
        tuple(differences([session.host for session in (*ran_a, *ran_b)])),
        tuple(mode_differences([*ran_a, *ran_b])),
        (*ran_a, *ran_b),
        (*a.problems, *b.problems, *both),
        _trials(pairs),
        frozenset(row.setting.mode for row in (*a.rows, *b.rows)),
    )


def compare_variants(report: Report, label_a: str, label_b: str, margin: float | None) -> Compared:
    """Compare two variants of one report at every load that both were put under."""
    a, b = _find(report, label_a), _find(report, label_b)
    pairs = [(row, other) for row in a.rows if (other := b.at(row.setting.intended_load))]
    if not pairs:
        raise BadInput(f"nothing to compare: {label_a} and {label_b} were not put under the same load")
    several = len(pairs) > 1
    ran = _ran(report, [row for pair in pairs for row in pair])
    return Compared(
        a.label,
        b.label,
        tuple(
            judged
            for row, other in pairs
            for judged in _judge(_load_label(row) if several else b.label, row, other, margin)
        ),
        _withheld(pairs),
        (),
        (),
        tuple(differences([session.host for session in ran])),
        tuple(mode_differences(ran)),
        tuple(ran),
        report.problems,
        _trials(pairs),
        frozenset(row.setting.mode for row in report.rows),
    )


def _trials(pairs: Iterable[tuple[Row, Row]]) -> tuple[Trial, ...]:
    """Gather what two sides were compared by."""
    return tuple(trial for pair in pairs for row in pair for trial in (*row.trials, *row.drains))


def _judge(label: str, row: Row, other: Row, margin: float | None) -> list[Judged]:
    """Compare all that both rows have; under an open loop the consume rate is the load, and says nothing."""
    found = []
    for column in COMPARED:
        if (column is CONSUME_RATE and row.setting.intended_load is not None) or _means_another(column, row, other):
            continue
        a, b = row.spread(column), other.spread(column)
        if a is None or b is None:
            continue
        gate = column.gate
        within = margin if margin is not None else gate.margin if gate else MARGIN
        shift = compare(by_block(row, column), by_block(other, column), gate.scale if gate else "ratio")
        doubtful = row.disturbed(column), other.disturbed(column)
        found.append(Judged(label, row.setting, column, a, b, within, shift, doubtful))
    return found


def _means_another(column: Metric, row: Row, other: Row) -> bool:
    return column.alike is not None and column.alike(row.python) != column.alike(other.python)


def _withheld(pairs: Sequence[tuple[Row, Row]]) -> tuple[Metric, ...]:
    """List what both sides of a pair have and is not compared, for it means something else on either."""
    return tuple(
        column
        for column in COMPARED
        if any(_means_another(column, *pair) and all(row.spread(column) for row in pair) for pair in pairs)
    )


def by_block(row: Row, column: Metric) -> dict[object, list[float]]:
    """Gather the values that the row's spread is made of by the session and block of their trials."""
    blocks: dict[object, list[float]] = {}
    for trial in row.measured(column):
        value = column.value(trial)
        if value is not None:
            blocks.setdefault((trial.session, trial.block), []).append(value)
    return blocks


def _ran(report: Report, rows: Sequence[Row]) -> list[Session]:
    """List the sessions that the trials of these rows are from."""
    held = {trial.session for row in rows for trial in (*row.trials, *row.drains)}
    return [session for session in report.sessions if session.id in held]


def _refuse_several(report: Report, name: str, compared: Set[object]) -> None:
    """Raise BadInput where a file holds one setting from several machines or versions: which is meant?"""
    of_key: dict[object, Row] = {}
    for row in (row for row in report.rows if _key(row) in compared):
        other = of_key.setdefault(_key(row), row)
        if other is not row:
            ids = ", ".join(session.id for session in _ran(report, [row, other]))
            raise BadInput(
                f"{name} holds {row.label} and {other.label}, which are no repetitions of each other; put the session "
                f"to compare into a file of its own (of {ids}): grep SESSION {name} > one.jsonl"
            )


def _same_setting(row: Row, others: Sequence[Row]) -> Row | None:
    return next((other for other in others if _key(other) == _key(row)), None)


def _key(row: Row) -> object:
    return replace(row.setting, duration_s=None), row.arm


def _name(trial: Trial) -> tuple[str, int]:
    return trial.session, trial.number


def _find(report: Report, label: str) -> Variant:
    brief = Names(row.setting.mode for row in report.rows).brief
    found = next((each for each in report.variants if label in (each.label, brief(each.label))), None)
    if found is None:
        held = [variant.label for variant in report.variants]
        raise unknown(f"no variant '{label}' in the file; it holds: {', '.join(held)}", label, held)
    return found


def _load_label(row: Row) -> str:
    return "unpaced" if row.setting.intended_load is None else f"{row.setting.intended_load:,.0f}/s"
