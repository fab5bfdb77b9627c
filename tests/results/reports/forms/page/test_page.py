"""The HTML page: complete, self-contained, and nothing in a result file is markup in it."""

from __future__ import annotations

import html.parser
import json
import re
from pathlib import Path

import pytest

from results.file import ResultWriter
from results.reports.forms.page import write
from results.reports.report import report_document
from results.scorecard.report import Report, load
from results.trial import Trial
from tests.results import made_up

HOSTILE = "<script>alert(1)</script>\"'&`$x$|\\"


class _Tags(html.parser.HTMLParser):
    """Collect every element and its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def written(path: Path, trials: list[Trial], **session: object) -> Report:
    with ResultWriter(path) as writer:
        writer.session(made_up.session(**session))
        for trial in trials:
            writer.trial(trial)
    return load([path])


def report_page(report: Report, version: str) -> str:
    return write(report_document(report), version)


def search(loads: tuple[float, ...] = (5e4, 2e5, 8e5)) -> list[Trial]:
    """Make a search's trials, of which `file` loses from 410k/s on."""
    cases = [(mode, at) for at in loads for mode in ("null", "file")]
    return [
        made_up.trial(mode, number, intended_load=at, lost=max(0, int(at - 4.1e5)) * 5 if mode == "file" else 0)
        for number, (mode, at) in enumerate(cases, start=1)
    ]


def test_the_page_asks_for_nothing_outside_itself(tmp_path: Path) -> None:
    """No element names an address: the page is the same offline, and a policy holds the browser to it."""
    tags = _Tags(report_page(written(tmp_path / "r", made_up.run()), "1.0")).tags
    sources = [value for _, attrs in tags for name, value in attrs.items() if name in ("src", "href", "xlink:href")]
    assert sources
    assert all(source is not None and source.startswith(("#", "data:,")) for source in sources)
    (policy,) = (attrs["content"] for _, attrs in tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_the_numbers_of_the_scorecard_are_the_files(tmp_path: Path) -> None:
    """Each cell carries the median that the trials of the file give."""
    trials = made_up.run()
    tags = _Tags(report_page(written(tmp_path / "r", trials), "1.0")).tags
    shown = [float(attrs["data-value"] or "nan") for _, attrs in tags if attrs.get("data-metric") == "cpu_ns_per_event"]
    medians = [
        sorted(t.metrics["cpu_ns_per_event"] for t in trials if t.setting.mode == mode)[1] for mode in made_up.COSTS
    ]
    assert sorted(shown) == sorted(medians)


def test_markup_in_a_file_is_text_on_the_page(tmp_path: Path) -> None:
    """A mode, reason, function, host, finding or command that holds markup adds no element."""
    hostile = [
        made_up.trial(
            mode,
            number,
            lost=99,
            warnings=(HOSTILE,),
            invalid_because=(HOSTILE,) if number == 9 else (),
            series={**made_up.trial().series, "top_drops": [[HOSTILE, HOSTILE, 5]]},
            intended_load=at,
        )
        for number, (mode, at) in enumerate([(HOSTILE, 1e5), (HOSTILE, 2e5), ("file", 1e5), ("file", 2e5)] * 3, 1)
    ]
    page = report_page(
        written(
            tmp_path / "r", hostile, command=HOSTILE, host={HOSTILE: HOSTILE}, findings=(HOSTILE,), started_at=HOSTILE
        ),
        HOSTILE,
    )
    tags = [tag for tag, _ in _Tags(page).tags]
    assert tags.count("script") == 1
    assert "<script>alert" not in page
    assert page.count("alert(1)") > 10


def test_what_has_no_data_is_left_out(tmp_path: Path) -> None:
    """One load has no curve, trials without ages have no percentiles, and nothing stands empty."""
    bare = [made_up.trial("file", number, metrics={}, series={}) for number in (1, 2)]
    page = report_page(written(tmp_path / "r", bare), "1.0")
    headings = re.findall(r'<h2 id="(\w+)"', page)
    assert headings == ["scorecard", "ledger", "machine", "method"]


def test_a_search_has_every_section_in_its_order(tmp_path: Path) -> None:
    """From the answer to how it was found."""
    page = report_page(
        written(tmp_path / "r", [*search(), *(made_up.trial("null", n) for n in (11, 12, 13, 14))]), "1.0"
    )
    assert re.findall(r'<h2 id="(\w+)"', page) == [
        "scorecard", "load", "latency", "cpu", "timeline", "drift", "ledger", "drops", "machine", "method",
    ]  # fmt: skip


def test_the_headline_says_what_keeps_up(tmp_path: Path) -> None:
    """The first words answer which mode, up to which load, and what the other loses."""
    report = written(tmp_path / "r", search())
    assert (
        "".join(report_document(report).headline[0])
        == "null kept up with every load offered, up to 800k drops/s; file lost 48.8 % at 800k/s."
    )


def test_the_curves_say_their_values(tmp_path: Path) -> None:
    """Each mark's text stands in the page, for the pointer."""
    tags = _Tags(report_page(written(tmp_path / "r", search()), "1.0")).tags
    points = [json.loads(attrs["data-points"] or "") for tag, attrs in tags if tag == "figure"]
    said = [text for figure in points for texts in figure.values() for text in texts]
    assert "file: 800k/s offered, 410k/s consumed, 48.8 % lost" in said


def test_ids_are_unique(tmp_path: Path) -> None:
    """Drawings do not share clip paths or markers by accident."""
    ids = [
        attrs["id"] for _, attrs in _Tags(report_page(written(tmp_path / "r", search()), "1.0")).tags if "id" in attrs
    ]
    assert len(ids) == len(set(ids))


def test_a_hundred_trials_stay_small(tmp_path: Path) -> None:
    """A page that goes into a job's artefacts or a mail is below 1.5 MB."""
    trials = [
        made_up.trial(mode, number, intended_load=at, lost=int(at / 10))
        for number, (mode, at) in enumerate(
            [(m, at) for at in range(10_000, 140_000, 10_000) for m in made_up.COSTS], 1
        )
    ]
    assert len(trials) >= 100
    assert len(report_page(written(tmp_path / "r", trials), "1.0").encode()) < 1_500_000


@pytest.mark.parametrize(
    "series", [{"timeline": 5}, {"timeline": [5, {}, {"t_s": "x"}]}, {"top_drops": [[1], {"a": 2}]}]
)
def test_a_series_of_another_shape_is_left_out(tmp_path: Path, series: dict[str, object]) -> None:
    """What a newer or foreign trial recorded otherwise does not break the page."""
    assert "scorecard" in report_page(written(tmp_path / "r", [made_up.trial(lost=5, series=series)]), "1.0")
