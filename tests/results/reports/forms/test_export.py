"""bench export and bench history: what other tools read."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pyperf
import pytest

from harness.__main__ import main
from results.file import ResultWriter
from results.metrics import CPU_PER_EVENT
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
    main(["export", result, "--parquet", str(tmp_path / "out.parquet")])
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.num_rows == 26
    assert table.column("offered").to_pylist()[0] == 500_000
    assert table.column("checksum").to_pylist()[25] == 2**64 - 1


@pytest.mark.parametrize("command", ["show", "stats", "hist", "compare_to"])
def test_pyperf_accepts_the_suite(result: str, tmp_path: Path, command: str) -> None:
    """Its own commands read it, a benchmark a metric and mode."""
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
