"""bench report: for a plain user, from the files alone, whatever state they are in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.__main__ import main
from results.file import ResultWriter
from tests.results import made_up

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def result(tmp_path: Path) -> Path:
    path = tmp_path / "r.jsonl"
    with ResultWriter(path) as writer:
        writer.session(made_up.session())
        for trial in made_up.run():
            writer.trial(trial)
    return path


def test_it_needs_neither_bcc_nor_scapy(result: Path, tmp_path: Path) -> None:
    """On a machine where neither can be imported, and without a home, the page is made all the same."""
    for name in ("bcc", "scapy"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not here')\n")
    page = tmp_path / "page.html"
    done = subprocess.run(
        [sys.executable, "-m", "harness", "report", str(result), "--html", str(page)],
        check=False, capture_output=True, text=True, cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{CHECKOUT}", "HOME": "/proc/none"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert page.read_text().startswith("<!doctype html>")
    assert "all 8 variants kept up" in done.stdout


def test_a_torn_file_is_reported_and_shown(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The trials before the torn line make the report; the line is named on stderr and in the report."""
    result.write_bytes(result.read_bytes()[:-100])
    assert main(["report", str(result), "--markdown"]) == 0
    said = capsys.readouterr()
    assert "line 25" in said.err
    assert "torn" in said.out
    assert "| `file` |" in said.out


@pytest.mark.parametrize("content", [b"", b"what?\n"])
def test_a_foreign_file_is_bad_input(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr, and the status of bad input."""
    (tmp_path / "x").write_bytes(content)
    assert main(["report", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_json_gives_the_scorecard(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object per line, by the names of the columns."""
    assert main(["report", str(result), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["label"] for row in rows} == set(made_up.COSTS)
    assert all(row["cpu_ns_per_event"] > 0 for row in rows)


def test_markdown_cannot_be_broken_by_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bars, backticks and tags in names stay text: every row of the table has as many cells as its head."""
    path = tmp_path / "r"
    with ResultWriter(path) as writer:
        writer.session(made_up.session())
        writer.trial(made_up.trial("a|b`c`<img src=x>"))
        writer.trial(made_up.trial("file", 2, invalid_because=("<b>*x*</b>",)))
    main(["report", str(path), "--markdown"])
    said = capsys.readouterr().out
    table = [line for line in said.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1
    assert "&lt;b&gt;\\*x\\*" in said


def test_the_page_is_not_written_through_a_link(result: Path, tmp_path: Path) -> None:
    """As root, a link planted at the output would be another's file."""
    (tmp_path / "target").write_text("mine")
    (tmp_path / "out.html").symlink_to(tmp_path / "target")
    assert main(["report", str(result), "--html", str(tmp_path / "out.html")]) == 2
    assert (tmp_path / "target").read_text() == "mine"
