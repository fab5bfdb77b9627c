"""A report: everything that the page, the terminal and Markdown show, made from result files alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from results.errors import BadInput
from results.file import Reading, ResultFile
from results.overhead import Overhead, overheads
from results.scorecard.rows import Row, rows
from results.scorecard.variants import Variant, capacities, fair_load, variants
from results.session import Session
from results.trial import Trial


@dataclass(frozen=True, slots=True)
class Report:
    """What some result files say together; turns that tell what attaching costs are in no row."""

    paths: tuple[Path, ...]
    sessions: tuple[Session, ...]
    trials: tuple[Trial, ...]
    problems: tuple[str, ...]
    rows: tuple[Row, ...]
    variants: tuple[Variant, ...]
    overheads: tuple[Overhead, ...] = ()

    @property
    def chosen(self) -> list[tuple[Variant, Row]]:
        """The row that each variant is compared by with the others."""
        load = fair_load(self.variants)
        return [(variant, row) for variant in self.variants if (row := variant.reference(load))]

    @property
    def invalid(self) -> list[Trial]:
        return [trial for trial in self.trials if not trial.valid]


def load(paths: Sequence[Path]) -> Report:
    """Read result files and put them together; what is in several of them counts once. Raises BadInput.

    Sessions come in the order of their start, and trials in that of their sessions, whatever order the lines have.
    """
    files = {path.resolve(): path for path in paths}
    reading = Reading()
    for path in files.values():
        reading.add(path)
    read = reading.files()
    sessions = sorted((session for result in read for session in result.sessions), key=lambda each: each.key)
    order = {session.id: place for place, session in enumerate(sessions)}
    trials = sorted(
        (trial for result in read for trial in result.trials),
        key=lambda trial: (order.get(trial.session, len(order)), trial.session, trial.number),
    )
    if not trials:
        named = ", ".join(str(result.path) for result in read)
        problems = [str(problem) for result in read for problem in result.problems]
        why = problems[0] if problems else "the run that wrote it ended before its first trial did"
        raise BadInput(f"no trial in {named} can be used: {why}")
    problems = [line for result in read for line in _problems(result)]
    return report_of(tuple(files.values()), sessions, trials, problems)


def report_of(
    paths: Sequence[Path], sessions: Sequence[Session], trials: Sequence[Trial], problems: Sequence[str]
) -> Report:
    """Put sessions and trials together."""
    costs, unreplayed = overheads(sessions, trials)
    in_turns = {session.id for session in sessions if "overhead" in session.plan}
    found = rows([trial for trial in trials if trial.session not in in_turns], sessions)
    limits, unfinished = capacities(sessions, trials)
    listed = variants(found, limits)
    return Report(
        paths=tuple(paths),
        sessions=tuple(sessions),
        trials=tuple(trials),
        problems=(*problems, *unfinished, *unreplayed),
        rows=tuple(found),
        variants=tuple(listed),
        overheads=tuple(costs),
    )


def _problems(result: ResultFile) -> list[str]:
    """Say what is wrong with the lines of a file, each problem once."""
    lines: dict[str, list[int]] = {}
    for problem in result.problems:
        lines.setdefault(problem.what, []).append(problem.line)
    return [
        f"{result.path}, line {at[0]}: {what}"
        if len(at) == 1
        else f"{result.path}, {len(at)} lines from {at[0]} to {at[-1]}: {what}"
        for what, at in lines.items()
    ]
