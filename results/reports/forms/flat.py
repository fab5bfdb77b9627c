"""Trials as flat rows for notebooks: the result file's own names, a column a metric, the host's facts beside them."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Sequence

from results.errors import BadInput
from results.history import History
from results.scorecard.report import Report
from results.session import Session, facts
from results.shown import shown
from results.trial import Trial

Value = str | int | float | bool | None

# What is not one value; the result file keeps it.
_NESTED = ("type", "metrics", "absent", "witness", "series", "warnings", "invalid_because", "disturbed_because")


def flat_rows(report: Report) -> tuple[list[str], list[dict[str, Value]]]:
    """Give the names of the columns, and a row a trial; a number that was not measured is None."""
    known = {session.id: session for session in report.sessions}
    hosts = {session.id: facts(session.host) for session in report.sessions}
    rows = [_row(trial, known.get(trial.session), hosts.get(trial.session, {})) for trial in report.trials]
    names = list(dict.fromkeys(name for row in rows for name in row))
    # Names may hold bytes that are no UTF-8, as file names do.
    return names, [
        {name: shown(value) if isinstance(value := row.get(name), str) else value for name in names} for row in rows
    ]


def history_rows(history: History) -> tuple[list[str], list[dict[str, Value]]]:
    """Make a row a session, a column a variant: what change-point tools read."""
    made: dict[str, dict[str, Value]] = {
        session.id: {"time": session.started_at, "session": session.id, "machine": None, "commit": None}
        for session in history.sessions
    }
    commits: dict[str, dict[str, None]] = {identity: {} for identity in made}
    for track in history.tracks:
        for point in track.points:
            row = made[point.session.id]
            row |= {"machine": track.machine + 1, _column_name(track.label, history): point.value.median}
            if point.commit is not None:
                commits[point.session.id][point.commit] = None
                row["commit"] = " ".join(commits[point.session.id])
    names = list(
        dict.fromkeys(
            ["time", "session", "machine", "commit", *(_column_name(t.label, history) for t in history.tracks)]
        )
    )
    return names, [{name: row.get(name) for name in names} for row in made.values()]


def _column_name(label: str, history: History) -> str:
    return f"{label.replace(' ', '_')}.{history.column.name}"


def to_csv(names: Sequence[str], rows: Sequence[dict[str, Value]]) -> str:
    """Write rows as CSV (RFC 4180); what is absent is an empty field."""
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def to_parquet(names: Sequence[str], rows: Sequence[dict[str, Value]]) -> bytes:
    """Write rows as Parquet. Raises BadInput without pyarrow, which is not installed by default."""
    try:
        # By name: it is an extra that a user adds, no dependency.
        pa, pq = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise BadInput("Parquet needs pyarrow; type: .venv/bin/pip install pyarrow, or use --csv") from error
    # Checksums fill 64 bits, one more than pyarrow takes an int for.
    columns = {
        name: pa.array([row[name] for row in rows], type=pa.uint64() if name.startswith("checksum") else None)
        for name in names
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _row(trial: Trial, session: Session | None, host: dict[str, str]) -> dict[str, Value]:
    row: dict[str, Value] = {
        name: value
        for name, value in trial.to_json().items()
        if name not in _NESTED and (value is None or isinstance(value, str | int | float))
    }
    row["invalid_because"] = "; ".join(trial.invalid_because) or None
    row["disturbed_because"] = "; ".join(trial.disturbed_because) or None
    row["warnings"] = "; ".join(trial.warnings) or None
    row |= {f"host_{name}": value for name, value in host.items()}
    source = session.source_of(trial.setting.mode, trial.arm) if session else None
    if source is not None:
        row |= {"mode_sha256": source.sha256, "mode_commit": source.version}
    row |= {name: float(value) for name, value in trial.metrics.items()}
    row |= {f"witness_{name}": value for name, value in trial.witness.items()}
    return row
