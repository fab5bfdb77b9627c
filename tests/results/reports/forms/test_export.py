"""bench export and bench history: what other tools read."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyperf
import pytest

from harness.__main__ import main
from results.file import ResultWriter
from results.metrics import CPU_PER_EVENT, METRICS
from results.reports.forms.columns import COLUMNS, NUMBER, Kind
from results.scorecard.report import load
from results.trial import Trial
from tests.results import made_up

PUBLISHED = Path(__file__).resolve().parents[4] / "docs/results"


def written(path: Path, trials: list[Trial], **session: object) -> str:
    with ResultWriter(path) as writer:
        writer.session(made_up.session(**session))
        for trial in trials:
            writer.trial(replace(trial, session=str(session.get("id", "s1"))))
    return str(path)


@pytest.fixture
def result(tmp_path: Path) -> str:
    wide = replace(made_up.trial().ledger, checksum=2**64 - 1)
    return written(tmp_path / "r", [*made_up.run(), made_up.drain("file", 90), made_up.trial("file", 91, ledger=wide)])


def exported(form: str, *files: str, out: Path) -> list[dict[str, Any]]:
    """Export to CSV or Parquet; return its rows."""
    assert main(["export", *files, f"--{form}", str(out)]) == 0
    if form == "parquet":
        rows: list[dict[str, Any]] = pq.read_table(out).to_pylist()
        return rows
    with out.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_csv_has_a_row_a_trial_by_the_files_names(result: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts, settings, metrics and host facts are columns; what was not measured is empty."""
    main(["export", result, "--csv", "-"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 26
    assert {"mode", "pass", "offered", "lost", "cpu_ns_per_event", "host_cpu_model"} <= rows[0].keys()
    assert rows[0]["offered"] == "500000"
    assert rows[24]["ns_per_event"] != ""
    assert rows[24]["cpu_ns_per_event"] == ""


def test_parquet_holds_the_same_with_types(result: str, tmp_path: Path) -> None:
    """Counts are whole numbers, also one that fills 64 bits."""
    rows = exported("parquet", result, out=tmp_path / "out.parquet")
    assert len(rows) == 26
    assert rows[0]["offered"] == 500_000
    assert rows[25]["checksum"] == 2**64 - 1


def test_columns_are_the_same_whatever_a_file_holds(result: str, tmp_path: Path) -> None:
    """Names, order, types and units: of drains alone, of searches, of peers' tools, of a file of two formats."""
    drains = written(tmp_path / "drains", [made_up.drain("file", 1)], host={})
    both = tmp_path / "both"
    both.write_bytes((PUBLISHED / "peers.jsonl").read_bytes() + Path(result).read_bytes())
    schemas, headers = [], set()
    for number, file in enumerate([result, drains, PUBLISHED / "advice.jsonl", both]):
        exported("parquet", str(file), out=tmp_path / f"{number}.parquet")
        schemas.append(pq.read_schema(tmp_path / f"{number}.parquet"))
        exported("csv", str(file), out=tmp_path / f"{number}.csv")
        headers.add((tmp_path / f"{number}.csv").read_text().partition("\n")[0])
    first = schemas[0]
    assert all(schema.equals(first, check_metadata=True) for schema in schemas)
    assert headers == {",".join(first.names)}
    assert len(set(first.names)) == len(first.names)
    units = {name: (first.field(name).metadata or {}).get(b"unit") for name in first.names}
    assert {name: units[name] for name in ("age_p99_ns", "duration_s", "offered", "intended_load", "mode")} == {
        "age_p99_ns": b"ns", "duration_s": b"s", "offered": b"count", "intended_load": b"/s", "mode": None,
    }  # fmt: skip
    assert {metric.name for metric in METRICS.values()} - set(first.names) == {"drain_cpu_ns_per_event"}


def test_an_export_holds_what_stands_in_the_file(tmp_path: Path) -> None:
    """Each value of each line, by its name; checksums of both of its sides to the last bit."""
    for name in ("metrics", "peers", "explain-again"):
        file = PUBLISHED / f"{name}.jsonl"
        lines = [row for row in map(json.loads, file.read_text().splitlines()) if row["type"] == "trial"]
        lines.sort(key=lambda row: (row["session"], row["number"]))
        rows = exported("parquet", str(file), out=tmp_path / "out.parquet")
        rows.sort(key=lambda row: (row["session"], row["number"]))
        for row, line in zip(rows, lines, strict=True):
            flat = {name: value for name, value in line.items() if not isinstance(value, dict | list)} | line["metrics"]
            computed = ("type", "offered_load", "consume_rate", "stall_s")
            for field in flat.keys() - computed:
                assert row[field] == flat[field], field
            assert (row["stall_s"], row["measured_stall_s"]) == (line.get("stall_s"), line["metrics"].get("stall_s"))
            assert json.loads(row["witness"] or "{}") == line["witness"]
            assert row["other"] is None


def test_what_another_version_knows_is_in_one_column(tmp_path: Path) -> None:
    """Its numbers and facts, under the names that they would have as columns."""
    trial = made_up.trial(metrics={"cpu_s": 1.0, "watts": 2**63 + 1})
    file = written(tmp_path / "r", [trial], host={**made_up.HOST, "board": {"maker": "\x1b"}})
    for form in ("csv", "parquet"):
        (row,) = exported(form, file, out=tmp_path / form)
        assert json.loads(row["other"]) == {"host_board.maker": r"\x1b", "watts": 2**63 + 1}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("field", "count"), [("sent", 2**63), ("checksum", 2**64), ("lost", 3 * 2**62), ("first_offered_ns", -(2**63) - 1)]
)
def test_a_number_that_no_column_holds_is_left_out_and_named(
    form: str, field: str, count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file may hold any 65 bits; beside it everything is exported."""
    trial = made_up.trial(number=7)
    if field == "first_offered_ns":
        changed = replace(trial, first_offered_ns=count)
    elif field == "lost":
        changed = replace(trial, ledger=replace(trial.ledger, map_full=count // 2, reserve_failed=count // 2))
    else:
        changed = replace(trial, ledger=replace(trial.ledger, **{field: count}))
    (row,) = exported(form, written(tmp_path / "r", [changed]), out=tmp_path / "out")
    assert not row[field]
    assert row["observed"] in (500_000, "500000")
    assert f"{field} {count} of trial 7 of session s1" in capsys.readouterr().err


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1", "'", ""]


def test_no_cell_from_outside_begins_as_a_formula(tmp_path: Path) -> None:
    """An apostrophe goes before it, and before one that is there, so that one can be taken off; numbers have none."""
    made = made_up.trial(metrics={"backlog_growth_per_s": -1.5})
    trials = [
        replace(made, number=number, setting=made_up.setting(mode, decode=mode))
        for number, mode in enumerate([*FORMULAS, "a=b", "null", 'a,"b"\n\tc', "\t=1", "ev\udce9l"])
    ]
    file = written(tmp_path / "r", trials, id="=s", host={**made_up.HOST, "cpu_model": "-x", "odd": "=y"})
    plain = exported("parquet", file, out=tmp_path / "out.parquet")
    rows = exported("csv", file, out=tmp_path / "out.csv")
    for row, meant in zip(rows, plain, strict=True):
        assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "＝")) for cell in row.values())
        assert {name: cell for name, cell in row.items() if cell.startswith("-")} == {"backlog_growth_per_s": "-1.5"}
        for name in ("mode", "decode", "session", "host_cpu_model"):
            assert row[name].removeprefix("'") == meant[name], name
    assert [row["mode"] for row in plain][-3:] == [r'a,"b"\n\tc', r"\t=1", r"ev\xe9l"]
    assert [row["mode"] for row in rows][7:10] == ["'", "a=b", "null"], "an empty field is what is absent"


def test_types_of_a_csv_are_written_beside_it(result: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For each program, in the order of the columns; and for nothing else than a CSV."""
    dtypes = tmp_path / "dtypes.json"
    assert main(["export", result, "--csv", "-", "--dtypes", str(dtypes)]) == 0
    header = capsys.readouterr().out.partition("\n")[0]
    told = json.loads(dtypes.read_text())
    assert set(told) == {"pandas", "polars", "duckdb"}
    assert all(",".join(types) == header for types in told.values())
    assert main(["export", result, "--parquet", str(tmp_path / "p"), "--dtypes", str(dtypes)]) == 2
    assert "--dtypes goes with --csv" in capsys.readouterr().err
    assert main(["export", result, "--csv", str(tmp_path / "c"), "--dtypes", str(tmp_path / "c")]) == 2
    assert not (tmp_path / "c").exists()


def test_the_page_names_the_type_of_each_column() -> None:
    """docs/reports.md lists them by type, but for the numbers that it leaves over."""
    page = (PUBLISHED.parent / "reports.md").read_text()
    rows = re.findall(r"^\| (.+) \| `(\w+)` \| `(\w+)` \| `(\w+)` \| `(\w+)` \|$", page, re.MULTILINE)
    listed = {kind: re.findall(r"`(\w+)`", names) for names, *kind_names in rows for kind in [Kind(*kind_names)]}
    assert listed.pop(NUMBER) == []
    kinds = {each.kind for each in COLUMNS} - {NUMBER}
    assert listed == {kind: [each.name for each in COLUMNS if each.kind is kind] for kind in kinds}


@pytest.mark.parametrize("command", ["show", "stats", "hist", "compare_to"])
def test_pyperf_accepts_the_suite(result: str, tmp_path: Path, command: str) -> None:
    """Its own commands read it, a benchmark per metric and mode."""
    suite = str(tmp_path / "suite.json")
    assert main(["export", result, "--pyperf", suite]) == 0
    files = [suite, suite] if command == "compare_to" else [suite]
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", command, *files], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    if command != "compare_to":  # which hides what does not differ
        assert "file cpu_ns_per_event" in done.stdout
        assert "file ns_per_event" in done.stdout


@pytest.mark.parametrize("name", ["capacity-all", "capacity-callback", "capacity-synthetic", "peers", "explain"])
def test_pyperf_takes_loads_that_round_to_one_name(name: str, tmp_path: Path) -> None:
    """Loads of a search lie close together; each has a benchmark of its own, and no trial is lost to another's."""
    assert main(["export", str(PUBLISHED / f"{name}.jsonl"), "--pyperf", str(tmp_path / "suite.json")]) == 0
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "suite.json"))
    rows = [row for row in load([PUBLISHED / f"{name}.jsonl"]).rows if row.spread(CPU_PER_EVENT)]
    names = suite.get_benchmark_names()
    assert sum("cpu_ns_per_event" in each for each in names) == len(rows)
    assert not any("#" in each for each in names), "a place among others is no name: another file has another there"


def test_rows_that_differ_by_less_than_their_names_tell_are_numbered(tmp_path: Path) -> None:
    """Two intervals that are written alike: pyperf takes a name once."""
    trials = [
        made_up.trial("paced", number, interval_ns=5_000_000 + number, metrics={"cpu_ns_per_event": 2.0})
        for number in range(2)
    ]
    suite = str(tmp_path / "suite.json")
    assert main(["export", written(tmp_path / "r", trials), "--pyperf", suite]) == 0
    assert len(pyperf.BenchmarkSuite.load(suite)) == 2


def test_what_pyperf_cannot_hold_is_left_out_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A time of 0 or below, as clocks of a foreign tool gave, sinks neither its benchmark nor the export."""
    trials = [made_up.trial(number=number, metrics={"cpu_ns_per_event": ns}) for number, ns in enumerate((2, 0, -1, 3))]
    result = written(tmp_path / "r", trials)
    assert main(["export", result, "--pyperf", str(tmp_path / "suite.json")]) == 0
    (values,) = [each.get_values() for each in pyperf.BenchmarkSuite.load(str(tmp_path / "suite.json"))]
    assert values == pytest.approx([2e-9, 3e-9])
    assert "2 of 4 values of file cpu_ns_per_event" in capsys.readouterr().err


def test_history_keeps_machines_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two kernels are two tracks of each mode; commits on one machine are one."""
    for number in range(4):
        written(
            tmp_path / f"{number}.jsonl",
            made_up.run(modes=("file", "epoll"), seed=number),
            id=f"h{number}",
            started_at=f"2026-11-0{number + 1}T00:00:00Z",
            host={**made_up.HOST, "commit": f"c{number}", "kernel": "6.18.0" if number < 3 else "6.19.0"},
        )
    (tmp_path / "foreign.jsonl").write_text("no result\n")
    page = tmp_path / "page.html"
    assert main(["history", str(tmp_path), "--html", str(page)]) == 0
    said = capsys.readouterr()
    assert [line.split()[:3] for line in said.out.splitlines() if line.startswith("file")] == [
        ["file", "1", "3"],
        ["file", "2", "1"],
    ]
    assert "machine 2: kernel 6.19.0" in said.out
    assert "foreign.jsonl is no result file" in said.err
    assert page.read_text().count("machine 2") >= 3
    assert main(["history", str(tmp_path), "--markdown"]) == 0
    assert "| `file` | 1 | 3 |" in capsys.readouterr().out
    assert main(["history", str(tmp_path), "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["commit"] for row in rows] == ["c0", "c1", "c2", "c3"]
    assert main(["history", str(tmp_path), "--machine", "2", "--csv", "-"]) == 0
    assert capsys.readouterr().out.count("\n") == 2
    assert float(rows[0]["file.cpu_ns_per_event"]) > 0


def test_history_has_a_column_for_each_variant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Loads that round to one label, modes that differ by a space: no value goes under another's name."""
    asked = [(mode, load) for mode in ("file", "=ev\udce9l") for load in (3_002_110.0, 3_002_123.0)]
    trials = [
        replace(made_up.trial(number=number), setting=made_up.setting(mode, intended_load=load))
        for number, (mode, load) in enumerate([*asked, ("a b.py", 1e6), ("a_b.py", 1e6)])
    ]
    written(tmp_path / "r.jsonl", trials)
    assert main(["history", str(tmp_path), "--csv", "-"]) == 0
    (names, values) = csv.reader(io.StringIO(capsys.readouterr().out))
    told = dict(zip(names, values, strict=True))
    assert {float(told[name]) for name in names[4:]} == {trial.metrics["cpu_ns_per_event"] for trial in trials}
    assert {"file_3M/s_(3002110/s).cpu_ns_per_event", r"'=ev\xe9l_3M/s_(3002123/s).cpu_ns_per_event"} < set(names)


def test_history_fits_a_narrow_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long name and many sessions, the name folds and the small chart shows the last; numbers stay whole."""
    monkeypatch.setenv("COLUMNS", "80")
    long = "consumers/of_a_team_with_long_names/the_one_that_counts.py"
    for number in range(40):
        trials = made_up.run(trials=1, modes=(long,), seed=number)
        written(tmp_path / f"{number}.jsonl", trials, id=f"h{number}", started_at=f"2026-11-22T00:{number:02}:00Z")
    assert main(["history", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    assert lines[2].split()[1:3] == ["1", "40"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--metric", "cpu_ns_per_evnt"], "did you mean cpu_ns_per_event?"), ([], "no result file in")],
)
def test_history_says_what_is_wrong(
    tmp_path: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A metric that is misspelt, a folder without results."""
    assert main(["history", str(tmp_path), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_pyperf_export_says_where_pyperf_makes_no_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of unequal numbers of values pyperf calls any difference one; export gives the numbers and the cure."""
    trials = made_up.run(trials=6, modes=("file",))
    invalid = replace(trials[2], invalid_because=("the worker died",))
    suites = []
    for name, chosen in (("a", trials), ("b", [*trials[:2], invalid, *trials[3:]])):
        suites.append(str(tmp_path / f"{name}.json"))
        assert main(["export", written(tmp_path / name, chosen, id=name), "--pyperf", suites[-1]]) == 0
        said = capsys.readouterr().err
        assert f"the benchmarks hold {6 if name == 'a' else 5} values" in said
        assert "bench compare tests those too" in said
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", "compare_to", "--table", *suites], check=False, capture_output=True, text=True
    )
    # The very same trials but one. Should pyperf test them one day, the caution goes.
    assert "file cpu_ns_per_event" in done.stdout
    assert "1.00x slower" in done.stdout
