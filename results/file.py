"""The result file: JSON Lines, appended line by line, read back whatever happened to it."""

from __future__ import annotations

import gc
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

from results.appended import AppendedFile
from results.errors import BadInput
from results.fleet.lines import FLEET, counted
from results.ledger import Ledger
from results.line import check_numbers, fit
from results.output import nature
from results.session import Session
from results.trial import SCHEMA_VERSION, Setting, Trial
from results.undecoded import Lines, Undecoded

_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")

_HEAD_BYTES = 1 << 20
_BEGIN = b'{"type":"session"'
# Of whatever version, and as an editor may have saved it.
_OURS = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{.*"type"\s*:\s*"(?:session|trial)"')
_COUNTS = tuple(field.name for field in fields(Ledger))
_counts = attrgetter(*_COUNTS)

# What a setting holds is checked with it, and a trial's windows with them.
_SETTING = dict.fromkeys(("pass", "in_windows", *(field.name for field in fields(Setting))), Any)
TRIALS = Lines("trial", {**get_type_hints(Trial), **get_type_hints(Ledger), **_SETTING}, "series")


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of a result file that could not be used, and why."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class ResultFile:
    """What a result file holds: all that is valid, and what is wrong with the rest."""

    path: Path
    sessions: tuple[Session, ...]
    trials: tuple[Trial, ...]
    problems: tuple[Problem, ...]


class ResultWriter(AppendedFile):
    """Append sessions and trials to a result file; opening it proves that it can be written.

    Two runs that share a file do not mix their lines. A file that it made is taken back where an error leaves the
    context before the first trial.
    """

    def __init__(self, path: Path, *, alone: bool = False, callers: bool = False) -> None:
        super().__init__(path, _is_ours, "result file of bench", alone=alone, callers=callers)

    def session(self, session: Session) -> None:
        """Append the line that goes before a session's trials. Raises BadInput for what could not be read back."""
        row = session.to_json()
        check_numbers(row)
        self.append(_line(row))

    def trial(self, *trials: Trial) -> None:
        """Append a trial, or two of a pair at once.

        Raises OSError when the disk is full or gone; what stands in the file stays usable.
        """
        self.append(b"".join(_line(trial.to_json()) for trial in trials))
        self.unused = False


def read(path: Path) -> ResultFile:
    """Read a result file; lines that cannot be used are listed in `problems`, all others are kept.

    Raises BadInput when the file cannot be read or nothing in it is valid.
    """
    reading = Reading()
    reading.add(path)
    return reading.files()[0]


class Reading:
    """Reads result files as one body of sessions and trials, whatever copies of them there are.

    A session counts once, by its id, and a trial by its session and number, in the first file that holds it. Where two
    of the same name differ, neither is used, since nothing says which of them ran: the order of lines and files must
    not decide. Nor are the trials of such sessions, of which nothing says on which machine they ran.
    """

    def __init__(self) -> None:
        self._sessions = _Once[str, Session]()
        self._trials = _Once[tuple[str, int], Trial]()
        self._newer: dict[str, int] = {}
        self._files: dict[Path, list[_Told]] = {}

    def add(self, path: Path) -> None:
        """Read one file more. Raises BadInput when it cannot be read or nothing in it is valid."""
        lines = counted(path, result_lines(path))
        # What lines hold has no cycles, and to look for some again and again takes half as long as reading does: not
        # meanwhile, nor in all that is made of it.
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._files[path] = self._read(path, lines)
        finally:
            gc.freeze()
            if collecting:
                gc.enable()

    def _read(self, path: Path, lines: Sequence[bytes]) -> list[_Told]:
        told: list[_Told] = []
        used = 0
        for number, raw in enumerate(lines, start=1):
            if raw.isspace():
                continue
            torn = "" if raw.endswith(b"\n") else " (torn: the run that wrote it was killed)"
            row: Mapping[str, Any] = {}
            try:
                row = TRIALS.parse(raw)
                if differs := self._take(path, number, row):
                    told.append(_Told(number, differs, _trial_of(row)))
                used += 1
            except KeyError as error:
                told.append(_Told(number, f"{row['type']} without {error}{torn}", _trial_of(row)))
            except (ValueError, TypeError) as error:
                told.append(_Told(number, f"{error}{torn}", _trial_of(row)))
        if not used:
            reason = f": line {told[0].line}: {told[0].what}" if told else ": it is empty"
            raise BadInput(f"{path} is no result file of bench{reason}")
        return told

    def files(self) -> tuple[ResultFile, ...]:
        """Return what was read, file by file."""
        sessions, trials = self._sessions.by_file(), self._trials.by_file()
        left_out = self._newer.keys() | self._sessions.differ
        return tuple(
            ResultFile(
                path,
                tuple(sessions.get(path, ())),
                tuple(trial for trial in trials.get(path, ()) if trial.session not in left_out),
                tuple(self._problems(told, trials.get(path, ()))),
            )
            for path, told in self._files.items()
        )

    def _take(self, path: Path, line: int, row: Mapping[str, Any]) -> str | None:
        """Keep what a line holds; say so when it is another than was found before, and so neither is used.

        Raises BadInput, TypeError or KeyError for what cannot be used by itself, and why.
        """
        match row.get("type"):
            case "session":
                version = row.get("schema_version")
                if isinstance(version, int) and version > SCHEMA_VERSION:
                    self._newer[str(row.get("id"))] = version
                    raise BadInput(
                        f"written in format {version} by a newer bench; this one reads up to {SCHEMA_VERSION}"
                    )
                session = _session(row)
                name, with_it = f"session {session.id}", ", nor its trials"
                place = self._sessions.add(session.id, session, path, line)
            case "trial":
                trial = _trial(row)
                name, with_it = f"trial {trial.number} of session {trial.session}", ""
                place = self._trials.add((trial.session, trial.number), trial, path, line)
            case _:
                raise BadInput("neither a session nor a trial")
        return f"{name} is another here than in {place}; neither is used{with_it}" if place else None

    def _problems(self, told: Sequence[_Told], trials: Iterable[Trial]) -> Iterator[Problem]:
        """Say what is wrong; trials of a newer session are only counted, whether they could be read or not."""
        left_out = Counter(trial.session for trial in trials if trial.session in self._newer)
        for each in told:
            if each.session in self._newer:
                left_out[each.session] += 1
            else:
                yield Problem(each.line, each.what)
        for identity, count in left_out.items():
            what = f"{count} trials of session {identity} (format {self._newer[identity]}) are left out"
            yield Problem(max((each.line for each in told), default=1), what)


@dataclass(frozen=True, slots=True)
class _Told:
    """A line that could not be used, what is wrong with it, and the session whose trial it is; empty for none."""

    line: int
    what: str
    session: str


class _Once(Generic[_Key, _Kept]):
    """What was found under each key, and where: copies count once; of two that `differ` neither does."""

    def __init__(self) -> None:
        self._found: dict[_Key, tuple[_Kept, Path, int]] = {}
        self.differ: set[_Key] = set()

    def add(self, key: _Key, value: _Kept, path: Path, line: int) -> str | None:
        """Keep a value. Return where another one with that key is, if there is one."""
        held, where, at = self._found.setdefault(key, (value, path, line))
        if held is value or held == value:
            return None
        self.differ.add(key)
        return f"line {at}" if where == path else f"line {at} of {where}"

    def by_file(self) -> dict[Path, list[_Kept]]:
        """Gather what is used by the file that holds it."""
        gathered: dict[Path, list[_Kept]] = {}
        for key, (value, path, _) in self._found.items():
            if key not in self.differ:
                gathered.setdefault(path, []).append(value)
        return gathered


def _trial_of(row: Mapping[str, Any]) -> str:
    return str(row.get("session")) if row.get("type") == "trial" else ""


def _session(row: Mapping[str, Any]) -> Session:
    session = Session.from_json(row)
    fit(session)
    for source in session.modes:
        fit(source)
    return session


def _trial(row: Mapping[str, Any]) -> Trial:
    trial = Trial.from_json(row)
    if not isinstance(row["series"], Undecoded):
        fit(trial)
        fit(trial.ledger)
    if trial.windows is not None:
        fit(trial.windows)
    counts = _counts(trial.ledger)
    if min(filter(None, counts), default=0) < 0:
        name, count = next(pair for pair in zip(_COUNTS, counts, strict=True) if (pair[1] or 0) < 0)
        raise BadInput(f"{name} is {count}, below zero")
    return trial


def result_lines(path: Path) -> list[bytes]:
    try:
        # Non-blocking, so that a FIFO without a writer does not hang the report.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise BadInput(f"cannot read {path}: it is {nature(mode)}, not a result file")
            return file.readlines()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error


def _is_ours(descriptor: int) -> bool:
    """Tell whether one of the first lines is bench's, torn or not, or there is none; a long file is not read whole."""
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    if FLEET.match(head):  # whose lines hold those of other files
        return False
    return not head.strip() or any(map(_OURS.match, head.splitlines())) or _BEGIN.startswith(head)


def _line(row: Mapping[str, object]) -> bytes:
    return json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n"
