"""What others make of exports: pandas, polars, DuckDB and pyarrow, in an environment of their own, and pyperf."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from unittest import mock

import pyperf
import pyperf.__main__
import pytest

from harness.__main__ import main
from results.errors import BadInput
from results.metrics import COMPARED
from results.reports.forms.flat import flat_rows
from results.scorecard.report import load
from results.units import NANOSECONDS
from tests.results import made_up
from tests.results.reports.forms.test_export import written

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = CHECKOUT / ".venv-readers/bin/python"
PAGE = CHECKOUT / "docs/reports.md"
LEDGER = made_up.trial().ledger

pytestmark = pytest.mark.slow


def published() -> Iterator[Path]:
    """Find the files of docs/results that hold trials; the others are what scripts printed."""
    for path in sorted((CHECKOUT / "docs/results").glob("*.jsonl")):
        with contextlib.suppress(BadInput):
            load([path])
            yield path


FILES = list(published())


def hostile(folder: Path) -> list[Path]:
    """Make result files of what readers take for something else: for nothing, for numbers, for quotes, for ends."""
    words = (
        *("null", "", "nan", "NA", "true", "1", "1e5", "2026-11-22T15:04:25Z", "#", " ", "🐝"),
        *("=1+1", "+x", "-1", "@a", "'b", "''", '"', "a,b", "a\nb", "\tc", "ev\udce9l", "\ud800"),
    )
    return [made(folder / "hostile.jsonl", words), made(folder / "apostrophes.jsonl", ["-x'"] * 3)]


def made(path: Path, words: Sequence[str]) -> Path:
    """Make a trial a word, with checksums of 64 bits and gaps among them."""
    checksums = dict(enumerate((2**64 - 1, 2**63, None, 2**53 + 1, 0)))
    trials = [
        replace(
            made_up.trial(number=number),
            setting=made_up.setting(word, decode=word),
            ledger=replace(LEDGER, checksum=checksums.get(number), sent=2**63 - 1),
        )
        for number, word in enumerate(words)
    ]
    return Path(written(path, trials))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every published file and hostile ones, exported in each form, with the rows that were exported."""
    out_of = tmp_path_factory.mktemp("exports of ours")
    for path in [*FILES, *hostile(out_of)]:
        out = out_of / path.stem
        assert main(["export", str(path), "--csv", f"{out}.csv", "--dtypes", str(out_of / "dtypes.json")]) == 0
        assert main(["export", str(path), "--parquet", f"{out}.parquet"]) == 0
        out.with_suffix(".json").write_text(json.dumps(flat_rows(load([path]), [])))
    return out_of


@pytest.mark.parametrize("program", ["pandas", "polars", "duckdb", "pyarrow"])
def test_every_value_is_read_as_it_was_written(folder: Path, program: str) -> None:
    """Each export and each pair, of Parquet in either order, of CSV joined: the same types, numbers to the last bit."""
    assert PYTHON.exists(), "the environment of those programs is not there; type: ./test --all"
    command = [PYTHON, "-I", Path(__file__).with_name("read_all.py"), program, folder, PAGE]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    files = len(FILES) + 2
    assert f"{files} files, {files * (files - 1)} pairs" in done.stdout


def compare(*paths: Path) -> str:
    """Run pyperf compare_to, and return what it printed."""
    out = io.StringIO()
    with (
        mock.patch("sys.argv", ["pyperf", "compare_to", *map(str, paths)]),
        mock.patch("pyperf.Runner._created", set()),  # it takes itself for a process of its own
        contextlib.redirect_stdout(out),
    ):
        pyperf.__main__.main()
    return out.getvalue()


def test_pyperf_reads_every_suite_and_compares_each_pair(tmp_path: Path) -> None:
    """All times per event are in the suites, and what two suites have in common it compares."""
    times = [metric for metric in COMPARED if metric.unit is NANOSECONDS]
    suites = {}
    for path in FILES:
        out = tmp_path / f"{path.stem}.json"
        values = [each.value(trial) for row in load([path]).rows for each in times for trial in row.measured(each)]
        measured = sorted(ns * 1e-9 for ns in values if ns is not None and ns > 0)
        assert main(["export", str(path), "--pyperf", str(out)]) == (0 if measured else 2)
        if not measured:  # what attaching costs has no rows of a consumer
            continue
        suites[out] = pyperf.BenchmarkSuite.load(str(out))
        assert sorted(value for each in suites[out] for value in each.get_values()) == measured
    compared = 0
    for first, second in permutations(suites, 2):
        common = set(suites[first].get_benchmark_names()) & set(suites[second].get_benchmark_names())
        if common:
            said = compare(first, second)
            assert len(common) == 1 or all(name in said for name in common)  # it does not name a single one
            assert "->" in said or "not significant" in said
            compared += 1
        else:
            with pytest.raises(SystemExit):
                compare(first, second)
    assert compared > len(suites)
