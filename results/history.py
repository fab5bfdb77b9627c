"""One metric over many sessions: commits or dates in a row, machines kept apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.errors import BadInput
from results.file import Reading, ResultFile
from results.metrics import Metric
from results.scorecard.labels import apart, labels
from results.scorecard.rows import Row, rows
from results.session import Session, machine_of, same_machine
from results.statistics.spread import Spread
from results.trial import Setting, Trial


@dataclass(frozen=True, slots=True)
class Point:
    """What one session gave; `commit` is that of the repository of the user's mode or program, else of bench itself.

    `doubtful`: the machine was not quiet in some of its trials.
    """

    session: Session
    value: Spread
    commit: str | None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """One variant on one machine, session by session in the order of their start."""

    machine: int
    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The tracks of one metric. `machines` are fingerprints without what a commit changes; tracks hold an index."""

    column: Metric
    machines: tuple[dict[str, str], ...]
    tracks: tuple[Track, ...]
    problems: tuple[str, ...]
    trials: tuple[Trial, ...] = ()

    @property
    def sessions(self) -> list[Session]:
        found = {point.session.id: point.session for track in self.tracks for point in track.points}
        return sorted(found.values(), key=lambda session: session.key)


def read_history(folder: Path, column: Metric, machine: int | None = None) -> History:
    """Read every result file below a folder, or those of one machine, counted from 1.

    Raises BadInput when none has the metric.
    """
    files, problems = _files(folder)
    trials: dict[str, list[Trial]] = {}
    for trial in (trial for result in files for trial in result.trials):
        trials.setdefault(trial.session, []).append(trial)
    hosts: list[Mapping[str, Any]] = []
    found: dict[tuple[int, Setting, str], list[Point]] = {}
    for result in files:
        for session in result.sessions:
            here = next((place for place, host in enumerate(hosts) if same_machine(host, session.host)), len(hosts))
            if here == len(hosts):
                hosts.append(session.host)
            for row in rows(trials.get(session.id, [])):
                if value := row.spread(column):
                    point = Point(session, value, _commit(session, row), row.disturbed(column))
                    found.setdefault((here, row.setting, row.arm or ""), []).append(point)
    if not found:
        raise BadInput(f"no session in {folder} has {column.name}; bench report shows what each file has")
    if machine is not None:
        found = {key: points for key, points in found.items() if key[0] == machine - 1}
        if not found:
            raise BadInput(f"there is no machine {machine}; without --machine, bench history lists them")
    names = labels(dict.fromkeys(setting for _, setting, _ in found))
    variants = list(dict.fromkeys((setting, arm) for _, setting, arm in found))
    named = apart([f"{names[setting]} {arm}".strip() for setting, arm in variants], [each for each, _ in variants])
    label = dict(zip(variants, named, strict=True))
    tracks = [
        Track(number, label[setting, arm], tuple(sorted(points, key=lambda point: point.session.key)))
        for (number, setting, arm), points in found.items()
    ]
    tracks.sort(key=lambda track: (track.machine, track.label))
    shown = {point.session.id for track in tracks for point in track.points}
    told = tuple(trial for session in shown for trial in trials[session])
    return History(column, tuple(machine_of(host) for host in hosts), tuple(tracks), tuple(problems), told)


def _commit(session: Session, row: Row) -> str | None:
    named = (row.setting.mode, row.setting.program)
    sources = [session.source_of(name, row.arm) for name in named if name is not None]
    source = next((each for each in sources if each is not None), None)
    commit = session.host.get("commit") if source is None else source.version
    return None if commit is None else str(commit)


def _files(folder: Path) -> tuple[Sequence[ResultFile], list[str]]:
    """Read what can be read; name what cannot."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder; name one that holds result files")
    reading, unreadable = Reading(), []
    for path in sorted(folder.rglob("*.jsonl")):
        try:
            reading.add(path)
        except BadInput as error:
            unreadable.append(str(error))
    files = reading.files()
    problems = [*unreadable, *(f"{result.path}, {problem}" for result in files for problem in result.problems)]
    if not files:
        raise BadInput(f"no result file in {folder}: bench run writes them, by the ending .jsonl")
    return files, problems


def changes(points: Sequence[Point]) -> float | None:
    """Give the last value relative to the first; None when there is no ratio."""
    first, last = points[0].value.median, points[-1].value.median
    return last / first - 1 if first else None


def by_machine(tracks: Iterable[Track]) -> dict[int, list[Track]]:
    """Gather tracks by machine."""
    gathered: dict[int, list[Track]] = {}
    for track in tracks:
        gathered.setdefault(track.machine, []).append(track)
    return gathered
