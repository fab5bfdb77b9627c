"""Modes of long paths: whatever is printed or drawn, two of them never read the same."""

import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from results.compare import compare_files, compare_variants
from results.history import read_history
from results.metrics import METRICS
from results.reports.compare import compare_document
from results.reports.document import Document
from results.reports.forms.markdown import markdown
from results.reports.forms.page import write
from results.reports.forms.terminal import Console, draw
from results.reports.history import history_document
from results.reports.report import report_document
from results.scorecard.report import Report
from tests.results import made_up
from tests.results.reports.forms.page.test_page import written

FOLDER = "/home/engineer/projects/ebpf-consumers/experiments-of-november"
MODES = [f"{FOLDER}/{variant}/consumer_of_dropped_packets.py" for variant in ("first", "second", "third")]
BRIEF = re.compile(r"(?:first|second|third)/[\w…]*\.py|[\w…/]*…[\w…/]*\.py")


@pytest.fixture(autouse=True)
def _no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Three modes of which one loses, each seen four times."""
    trials = [
        made_up.trial(mode, number * 3 + place, lost=place * 190_000)
        for number in range(4)
        for place, mode in enumerate(MODES)
    ]
    return written(tmp_path / "r.jsonl", trials)


def printed(document: Document, width: int) -> list[str]:
    out = io.StringIO()
    draw(document, Console(file=out, width=width))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_report_on_a_terminal(report: Report, width: int) -> None:
    """Each has a name of its own, which the key explains, and no line is wider than the terminal."""
    lines = printed(report_document(report), width)
    assert max(map(len, lines)) <= width
    names = {name for line in lines for name in BRIEF.findall(line) if "/home" not in line}
    assert len({name for name in names if len(name) <= 28 and "…" in name}) == 3
    assert "".join("".join(lines).split()).count(f"{FOLDER}/second/") == 1


def test_a_report_elsewhere(report: Report) -> None:
    """Markdown and a page hold each whole name in their key, and a drawing names all of them apart."""
    document = report_document(report)
    for text in (markdown(document), write(document, "1.0")):
        assert all(mode.replace("_", "") in text.replace("\\", "").replace("_", "") for mode in MODES)
    (cpu,) = re.findall('<svg class="narrow"[^>]*CPU time per event.*?</svg>', write(document, "1.0"), re.DOTALL)
    assert len(set(re.findall(r">([\w/]*…[\w./]*)</text>", cpu))) == 3


@pytest.mark.parametrize("width", [40, 80])
def test_compare_and_history(report: Report, width: int, tmp_path: Path) -> None:
    """The same names, on every screen; compare takes them, too, as the report shows them."""
    (brief, *_) = {name for line in printed(report_document(report), 200) for name in re.findall(r"^\S*…\S*\.py", line)}
    both = compare_variants(report, brief, MODES[1], None)
    assert both.name_a in MODES
    history = history_document(read_history(tmp_path, METRICS["cpu_ns_per_event"]))
    for document in (compare_document(compare_files(report, report, ("a", "b"), None)), history):
        lines = printed(document, width)
        assert max(map(len, lines)) <= width
        assert sum(line.startswith("/") and "first" in line for line in lines) <= 1
        write(document, "1.0")
