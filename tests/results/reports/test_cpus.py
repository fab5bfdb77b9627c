"""The ledger of each CPU stands in reports and exports, where a trial has one."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from results.reports.document import Document, Line, Part, Table
from results.reports.forms.columns import NAMES
from results.reports.forms.flat import flat_rows, to_csv
from results.reports.report import report_document
from results.reports.run import run_document
from results.scorecard.report import load
from results.scorecard.rows import rows
from results.series import cpus
from results.trial import Trial
from tests.results import made_up
from tests.results.reports.forms.test_export import written


def row(cpu: int, lost: int = 0) -> dict[str, int]:
    return {
        "cpu": cpu, "drops_expected": 60 + lost, "observed": 60 + lost, "submitted": 60, "reserve_failed": lost,
        "aggregated": 0, "map_full": 0, "consumed": 59, "overwritten": 0, "unread": 1,
    }  # fmt: skip


def told(*trials: Trial, rows: list[dict[str, int]]) -> list[Trial]:
    return [replace(trial, series={**trial.series, "cpus": rows}) for trial in trials]


def lines(parts: tuple[Part, ...], heading: str) -> list[Line]:
    return [line for part in parts if isinstance(part, Table) and part.heading == heading for line in part.lines]


def text(document: Document) -> str:
    return " ".join(str(word) for part in document.parts if isinstance(part, tuple) for word in part)


def test_that_each_closes_is_said_where_nothing_was_lost() -> None:
    """And in how many trials there were such ledgers."""
    apart = told(made_up.trial(number=1), rows=[row(0), row(1)])
    assert "every ledger of 2 trials balances, and that of each CPU in 1; nothing was lost" in text(
        run_document([*apart, made_up.trial(number=2)])
    )
    assert "the ledger balances, and that of each CPU; nothing was lost" in text(run_document(apart))
    assert "the ledger balances; nothing was lost" in text(run_document([made_up.trial()]))


def test_where_something_was_lost_it_is_told_of_each_cpu() -> None:
    """A row per CPU, its trials added up, by the words of the ledger; what a channel has no part for is left empty."""
    shared = {
        name: count for name, count in row(1, lost=5).items() if name not in ("consumed", "overwritten", "unread")
    }
    losing = told(made_up.trial(number=1, lost=7), made_up.trial(number=2, lost=7), rows=[row(0, lost=2), shared])
    document = run_document(losing)
    found = lines(document.parts, "ledger of each CPU")
    assert [line.label for line in found] == ["file, CPU 0", "file, CPU 1"]
    (table,) = (part for part in document.parts if isinstance(part, Table) and part.heading == "ledger of each CPU")
    names = [heading.title for heading in table.headings]
    counts = [{name: cell.text for name, cell in zip(names, line.cells, strict=True) if cell} for line in found]
    assert counts[0] == {
        "observed": "124", "offered": "124", "submitted": "120", "reserve_failed": "4", "consumed": "118",
        "unread": "2",
    }  # fmt: skip
    assert counts[1] == {"observed": "130", "offered": "130", "submitted": "120", "reserve_failed": "10"}


def test_a_page_and_an_export_have_it(tmp_path: Path) -> None:
    """Whether anything was lost or not; an export holds the rows as they are."""
    file = written(tmp_path / "r.jsonl", [*told(made_up.trial(number=1), rows=[row(0)]), made_up.trial(number=2)])
    report = load([Path(file)])
    (section,) = (section for section in report_document(report).sections if section.key == "ledger")
    assert [line.label for line in lines(section.parts, "ledger of each CPU")] == ["file, CPU 0"]
    exported = list(csv.DictReader(io.StringIO(to_csv(NAMES, flat_rows(report, [])))))
    assert [each["ledger_by_cpu"] and json.loads(each["ledger_by_cpu"]) for each in exported] == [[row(0)], ""]


@pytest.mark.parametrize("rows", [None, 3, "cpus", {"cpu": 1}, [3], [{"observed": 1}], [{"cpu": 0, "observed": "1"}]])
def test_what_is_no_ledger_of_a_cpu_is_passed_over(rows: Any) -> None:
    """A file may hold anything there."""
    assert cpus(replace(made_up.trial(), series={"cpus": rows})) == []


def test_drains_are_the_consumers_from_however_many_cpus_its_load_comes() -> None:
    """One CPU fills what is drained: its cost stands in the rows of both loads, and in none of its own."""
    one, two = (made_up.trial(number=number, seed=number) for number in (1, 2))
    two = replace(two, setting=replace(two.setting, producers=2))
    found = rows([one, two, made_up.drain(number=3)])
    assert [(row.setting.producers, len(row.trials), len(row.drains)) for row in found] == [(1, 1, 1), (2, 1, 1)]
