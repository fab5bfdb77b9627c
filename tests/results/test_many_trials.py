"""Files of many trials: the work for each stays the same however many there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.__main__ import main
from results.reports.forms.page import write
from results.reports.report import report_document
from results.scorecard.report import Report, load
from tests.results import made_up


def written(path: Path, count: int) -> Path:
    """Write a session of so many trials, of four settings in turn."""
    rows = [made_up.trial(mode, duration_s=0.5).to_json() for mode in ("file", "epoll", "null", "aggregate")]
    with path.open("w") as file:
        file.write(f"{json.dumps(made_up.session().to_json())}\n")
        for number in range(count):
            row = {**rows[number % len(rows)], "number": number, "block": number // 4}
            row["metrics"] = {**row["metrics"], "cpu_ns_per_event": 20.0 + number % 97}  # type: ignore[dict-item]
            file.write(f"{json.dumps(row)}\n")
    return path


def report_page(report: Report, version: str) -> str:
    return write(report_document(report), version)


def calls(work: Callable[[], object]) -> int:
    """Count the Python functions that are called."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_the_work_grows_as_the_trials_do(tmp_path: Path) -> None:
    """Four times the trials are at most some four times the calls, to read them and to draw the page."""
    small, large = written(tmp_path / "small", 300), written(tmp_path / "large", 1200)
    load([small])  # what is settled once
    of_small, of_large = calls(lambda: load([small])), calls(lambda: load([large]))
    assert of_large < 4.4 * of_small
    # What a trial costs by itself: some 125 calls; 248, when each had a setting of its own, checked field by field.
    assert of_large < 150 * 1200
    pages = [load([path]) for path in (small, large)]
    report_page(pages[0], "1")
    drawn = [calls(lambda page=page: report_page(page, "1")) for page in pages]  # type: ignore[misc]
    assert drawn[1] < 4.4 * drawn[0]


def test_a_page_does_not_grow_with_its_trials(tmp_path: Path) -> None:
    """Beyond some 2,000 dots each stands for several trials, and the drawing says so."""
    report = load([written(tmp_path / "r", 6000)])
    page = report_page(report, "1")
    assert "the middle one of every 3" in page
    assert len(page) < 2 * len(report_page(load([written(tmp_path / "s", 1900)]), "1"))


@pytest.mark.parametrize(
    "words", [("report",), ("report", "--markdown"), ("export", "--csv", "-"), ("compare",)], ids=" ".join
)
def test_more_than_1024_trials_of_one_variant(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """1,100 of each of four settings, in each command that reads them."""
    path = str(written(tmp_path / "r.jsonl", 4400))
    files = [path, path] if words[0] == "compare" else [path]
    assert main([words[0], *files, *words[1:]]) == 0
    assert "file" in capsys.readouterr().out
    if words == ("report",):
        assert main(["history", str(tmp_path)]) == 0


@pytest.mark.slow
def test_a_hundred_thousand_trials_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To the terminal and to a page that a browser can open."""
    page = tmp_path / "page.html"
    assert main(["report", str(written(tmp_path / "r", 100_000)), "--html", str(page)]) == 0
    assert "25000" in capsys.readouterr().out.replace(",", "")
    assert page.stat().st_size < 4 << 20
