"""The result file: JSON Lines, appended line by line, read back whatever happened to it."""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from results.ledger import Ledger
from results.line import fit, parse
from results.output import nature, open_output
from results.session import Session
from results.trial import SCHEMA_VERSION, Trial


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

    def session_of(self, trial: Trial) -> Session | None:
        """Find the session that a trial belongs to; None when its line was lost."""
        return next((session for session in self.sessions if session.id == trial.session), None)


class ResultWriter:
    """Append sessions and trials to a result file; opening it proves that it can be written.

    Each line is one write to a descriptor in append mode, so a killed run leaves at most its last line torn, and two
    runs that share a file do not mix their lines. Raises ValueError when the path is no file that can be appended to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = open_output(path, append=True)
        try:
            # A file that a killed run left torn: end that line, so that ours stays whole.
            self._torn = not _ends_in_newline(self._descriptor)
            if self._torn:
                self._append(b"")
        except BaseException:
            os.close(self._descriptor)
            raise

    def session(self, session: Session) -> None:
        """Append the line that goes before a session's trials."""
        self._append(_line(session.to_json()))

    def trial(self, trial: Trial) -> None:
        """Append one trial. Raises OSError when the disk is full or gone; what stands in the file stays usable."""
        self._append(_line(trial.to_json()))

    def close(self) -> None:
        """Bring the lines to the disk and close. Safe to call twice."""
        if self._descriptor >= 0:
            try:
                os.fsync(self._descriptor)
            finally:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> ResultWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, line: bytes) -> None:
        rest = b"\n" + line if self._torn else line
        self._torn = True
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise OSError(error.errno, f"cannot append to the result file: {error.strerror}", str(self.path)) from error
        self._torn = False


def read(path: Path) -> ResultFile:
    """Read a result file; lines that cannot be used are listed in `problems`, all others are kept.

    Raises ValueError when the file cannot be read or nothing in it is valid.
    """
    content = _content(path)
    sessions: dict[str, Session] = {}
    newer: dict[str, int] = {}
    left_out: Counter[str] = Counter()
    trials: list[Trial] = []
    problems: list[Problem] = []
    lines = content.split(b"\n")
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        torn = " (torn: the run that wrote it was killed)" if number == len(lines) else ""
        try:
            row = parse(raw)
            identity, version = _newer_session(row)
            if version is not None:
                newer[identity] = version
                what = f"written in format {version} by a newer bench; this one reads up to {SCHEMA_VERSION}"
                problems.append(Problem(number, what))
            elif row.get("type") == "session":
                session = _session(row)
                sessions[session.id] = session
            elif row.get("type") == "trial":
                if row.get("session") in newer:
                    left_out[row["session"]] += 1
                else:
                    trials.append(_trial(row))
            else:
                problems.append(Problem(number, "neither a session nor a trial"))
        except KeyError as error:
            problems.append(Problem(number, f"{row['type']} without {error}{torn}"))
        except (ValueError, TypeError) as error:
            problems.append(Problem(number, f"{error}{torn}"))
    for identity, count in left_out.items():
        what = f"{count} trials of session {identity} (format {newer[identity]}) are left out"
        problems.append(Problem(len(lines), what))
    if not sessions and not trials:
        reason = f": {problems[0]}" if problems else ": it is empty"
        raise ValueError(f"{path} is no result file of bench{reason}")
    return ResultFile(path, tuple(sessions.values()), tuple(trials), tuple(problems))


def _newer_session(row: Mapping[str, Any]) -> tuple[str, int | None]:
    version = row.get("schema_version")
    if row.get("type") == "session" and isinstance(version, int) and version > SCHEMA_VERSION:
        return str(row.get("id")), version
    return "", None


def _session(row: Mapping[str, Any]) -> Session:
    session = Session.from_json(row)
    fit(session)
    return session


def _trial(row: Mapping[str, Any]) -> Trial:
    trial = Trial.from_json(row)
    fit(trial)
    for name in (f.name for f in fields(Ledger)):
        count = getattr(trial.ledger, name)
        if count is not None and count < 0:
            raise ValueError(f"{name} is {count}, below zero")
    return trial


def _content(path: Path) -> bytes:
    try:
        # Non-blocking, so that a FIFO without a writer does not hang the report.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise ValueError(f"cannot read {path}: it is {nature(mode)}, not a result file")
            return file.read()
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error


def _ends_in_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _line(row: Mapping[str, object]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
