"""Trials as flat rows for notebooks: the result file's own names, a column a metric, the host's facts beside them."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Sequence

from results.errors import BadInput
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
