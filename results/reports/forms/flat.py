"""Trials as flat rows for notebooks: the columns of columns.py, a row per trial, as CSV or Parquet."""

import csv
import importlib
import io
import json
from collections.abc import Iterable, Sequence

from results.errors import BadInput
from results.fleet.file import host_of
from results.fleet.shard import class_of
from results.history import History
from results.reports.forms.columns import COLUMNS, NUMBER, Column, Line
from results.scorecard.labels import numbered
from results.scorecard.report import Report
from results.session import facts
from results.shown import shown
from results.trial import Trial

Value = str | int | float | bool | None

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), and the guard itself.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")


def flat_rows(report: Report, left_out: list[str]) -> list[list[Value]]:
    """Give a row per trial, a value for each of COLUMNS; what was not measured is None.

    So is a number of more bits than its column has, which is named on `left_out`: no count is one.
    """
    known = {session.id: session for session in report.sessions}
    hosts = {session.id: facts(session.host) for session in report.sessions}
    rows = []
    for trial in report.trials:
        session = known.get(trial.session)
        source = session.source_of(trial.setting.mode, trial.arm) if session else None
        offered = session.content_of(trial.setting.traffic) if session else None
        own = trial.setting.program
        program = session.source_of(own, trial.arm) if session and own else None
        of_fleet = (host_of(session), class_of(session.host)) if session and "shard" in session.plan else ()
        line = Line(trial, hosts.get(trial.session, {}), source, offered, program, *of_fleet)
        rows.append([_value(column, line, left_out) for column in COLUMNS])
    return rows


def _value(column: Column, line: Line, left_out: list[str]) -> Value:
    value = column.read(line)
    if isinstance(value, tuple):
        value = "; ".join(value) or None
    if isinstance(value, str):
        return shown(value)  # names may hold bytes that are no UTF-8, as file names do
    if not column.holds(value):
        left_out.append(f"{column.name} {value} of {_named(line.trial)}")
        return None
    made: Value = float(value) if column.kind is NUMBER and value is not None else value
    return made


def _named(trial: Trial) -> str:
    return f"trial {trial.number} of session {shown(trial.session)}"


def history_rows(history: History) -> tuple[list[str], list[list[Value]]]:
    """Make a row per session, a column per variant: what change-point tools read."""
    labels = list(dict.fromkeys(track.label for track in history.tracks))
    columns = dict(zip(labels, numbered(label.replace(" ", "_") for label in labels), strict=True))
    names = ["time", "session", "machine", "commit", *(f"{each}.{history.column.name}" for each in columns.values())]
    made: dict[str, dict[str, Value]] = {
        session.id: {"time": session.started_at, "session": session.id, "machine": None, "commit": None}
        for session in history.sessions
    }
    commits: dict[str, dict[str, None]] = {identity: {} for identity in made}
    for track in history.tracks:
        for point in track.points:
            row = made[point.session.id]
            row |= {"machine": track.machine + 1, f"{columns[track.label]}.{history.column.name}": point.value.median}
            if point.commit is not None:
                commits[point.session.id][point.commit] = None
                row["commit"] = " ".join(commits[point.session.id])
    return names, [[row.get(name) for name in names] for row in made.values()]


def to_csv(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """Write rows as CSV (RFC 4180). What is absent is an empty field; text never is, nor begins as a formula does."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_cell, names))
    writer.writerows(map(_cell, row) for row in rows)
    return out.getvalue()


def _cell(value: Value) -> Value:
    """Guard text by an apostrophe where it needs one; where it has one, that too, so that one can be taken off."""
    if not isinstance(value, str):
        return value
    text = shown(value)
    return f"'{text}" if not text or text.startswith(_ACTIVE) else text


def to_dtypes() -> str:
    """Write for each program that reads the CSV the types of its columns, by the names that it has for them."""
    programs = ("pandas", "polars", "duckdb")
    return json.dumps({who: {each.name: getattr(each.kind, who) for each in COLUMNS} for who in programs}, indent=1)


def to_parquet(rows: Iterable[Sequence[Value]], version: str) -> bytes:
    """Write rows as Parquet. Raises BadInput without pyarrow, which is not installed by default."""
    try:
        # By name: it is an extra that a user adds, no dependency.
        pa, pq = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise BadInput("Parquet needs pyarrow; type: .venv/bin/pip install pyarrow, or use --csv") from error
    schema = pa.schema(
        [
            pa.field(each.name, pa.type_for_alias(each.kind.pyarrow), metadata={"unit": each.unit} if each.unit else {})
            for each in COLUMNS
        ],
        metadata={"bench": version, "pandas": _for_pandas()},
    )
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, schema=schema), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _for_pandas() -> str:
    """Say which pandas types the columns are: by itself it makes float64 of whole numbers with a gap, and rounds them.

    The form is that of "Storing pandas DataFrame objects in Apache Parquet format" in pandas' developer guide.
    """
    columns = [
        {"name": each.name, "field_name": each.name, "pandas_type": each.kind.pyarrow, "numpy_type": each.kind.pandas,
         "metadata": None}
        for each in COLUMNS
    ]  # fmt: skip
    return json.dumps({"index_columns": [], "column_indexes": [], "columns": columns, "pandas_version": "2"})
