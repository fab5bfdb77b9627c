"""The tables of peers, made of trials alone: so a file of before is told as one of today."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from results.file import read
from results.peers import label, part_of
from results.reports.document import Table
from results.reports.forms.terminal import Console, draw
from results.reports.peers import peers_document
from results.trial import Trial

OLD = Path(__file__).parent.parent / "peers-of-0.1.0.jsonl"


def rows(trials: list[Trial]) -> dict[str, tuple[str, ...]]:
    """Return the cells of each row by its label."""
    return {
        line.label: tuple(f"{cell.text} {cell.interval}".strip() if cell else "" for cell in line.cells)
        for table in peers_document(trials).parts
        if isinstance(table, Table)
        for line in table.lines
    }


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("c-text", ("176 (170–201)", "", "", "7")),
        ("file batch", ("26.1 (24.9–28)", "0.15 (0.12–0.16)", "c-text", "7")),
        ("null callback", ("154 (150–161)", "84.36 (39.31–91.51)", "null batch", "7")),
        ("program-aggregate", ("47.7 (44.1–49.2)", "1.10 (0.70–1.27)", "program-only-hash", "7")),
        ("file batch paced", ("378k/s", "0 %", "4.29 %", "114 (69.2–154)", "0.73 (0.44–0.97)", "c-text paced", "7")),
        ("bpftrace-printf", ("86.2k/s", "8.87 % (worst 13.4 %)", "43.5 %", "5539 (5343–5610)", "", "", "7")),
    ],
)
def test_a_file_of_before_says_what_it_said(name: str, cells: tuple[str, ...]) -> None:
    """What version 0.1.0 said of some of its trials, cut from a file of docs/results; and, since, the worst loss."""
    assert rows(read(OLD).trials)[name] == cells


def test_a_part_that_was_not_measured_has_no_table() -> None:
    """Nor has a row nobody ran."""
    drains = [trial for trial in read(OLD).trials if label(trial.setting) in ("c-count", "null batch")]
    assert list(rows(drains)) == ["c-count", "null batch"]


def spoilt(trial: Trial, number: int, **how: object) -> list[Trial]:
    """Return a trial that the machine spoilt, and the one that was made in its place."""
    return [replace(trial, **how), replace(trial, number=number, repeats=trial.number)]


@pytest.mark.parametrize("how", ["invalid_because", "disturbed_because"])
def test_a_repeated_trial_stands_in_its_block(how: str) -> None:
    """It is compared with what ran beside the one that it replaces; no block counts twice."""
    old = [trial for trial in read(OLD).trials if label(trial.setting) in ("c-count", "null batch")]
    first, *rest = old
    told = {how: ("the machine",), "last_consumed_ns": first.last_consumed_ns * 2}
    made = [*spoilt(first, 1000, **told), *rest]
    assert rows(made) == rows(old)
    for order in (made, made[::-1]):
        assert rows(order)[label(first.setting)][-1] == "7"


@pytest.mark.parametrize(("how", "says"), [("invalid_because", "1/7 invalid"), ("disturbed_because", "1/7 disturbed")])
def test_what_nothing_stands_in_for_is_told(how: str, says: str) -> None:
    """An invalid trial is in no number, a disturbed one is marked."""
    first, *rest = [trial for trial in read(OLD).trials if label(trial.setting) == "c-count"]
    assert rows([replace(first, **{how: ("the machine",)}), *rest])["c-count"][-1] == says


def test_a_column_is_left_out_before_rows_become_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a live table that of the CPU, which the cost per event tells too; never sooner than there is need."""
    document = peers_document([trial for trial in read(OLD).trials if part_of(trial.setting) == "live"])
    looks = {}
    for width in range(40, 160):
        draw(document, Console(width=width))
        said = capsys.readouterr().out
        assert max(map(len, said.splitlines())) <= width
        looks[width] = "words" if "live c-count" in said else "whole" if " CPU " in said else "without the CPU"
    assert list(dict.fromkeys(looks.values())) == ["words", "without the CPU", "whole"]
    # Eight columns fewer is what it takes, and labels may be broken.
    assert [looks[width] for width in (80, 120)] == ["without the CPU", "whole"]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_row_loses_its_name(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A table with more columns than fit once left nothing to its labels, so that no number had an owner."""
    draw(peers_document(read(OLD).trials), Console(width=width))
    said = capsys.readouterr().out
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= width
    letters = "".join(said.split())
    for row, cells in rows(read(OLD).trials).items():
        # What is broken over lines is parted by the numbers beside it.
        assert letters.count(row[:10].replace(" ", "")) >= 1, row
        left_out = 2 if len(cells) == 7 and width == 80 else None  # that of the CPU
        told = [cell for place, cell in enumerate(cells) if place != left_out]
        assert all(cell.split(" (")[0].replace(" ", "") in letters for cell in told)
