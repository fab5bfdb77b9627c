"""The pages in a real browser: offline, without a complaint, at a desk and on a phone, with and without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.__main__ import main
from results.file import ResultWriter
from results.reports.scorecard import summarise
from results.scorecard.report import load
from tests.browser.chromium import Page, browse, executable
from tests.results import made_up

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(executable() is None, reason="needs a browser: apt-get install chromium"),
]

# Text of the page that is drawn outside its own box, over another text of the same drawing, or not at all.
_FAULTS = """
(() => {
  const faults = [];
  const whole = document.documentElement;
  if (whole.scrollWidth > whole.clientWidth + 1) faults.push(`wider than its window: ${whole.scrollWidth}`);
  for (const svg of document.querySelectorAll("figure svg")) {
    if (getComputedStyle(svg).display === "none") continue;
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    for (const [said, box] of texts) {
      if (!box.width && said.trim()) faults.push(`not drawn: ${said}`);
      if (box.left < frame.left - 8 || box.right > frame.right + 8) faults.push(`cut: ${said}`);
    }
    texts.forEach(([one, a], index) => {
      for (const [other, b] of texts.slice(index + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 2 && down > 5) faults.push(`overlap: ${one} / ${other}`);
      }
    });
  }
  for (const cell of document.querySelectorAll("td, th, p, li, dd"))
    if (cell.clientWidth && cell.scrollWidth > cell.clientWidth + 1) faults.push(`runs over: ${cell.textContent}`);
  return faults;
})()
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browse() as page:
        yield page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run, a search, and the pages of both, of a comparison and of a history."""
    folder = tmp_path_factory.mktemp("pages")
    limits = {"null": 9e5, "epoll": 6e5, "paced": 2e6, "file": 4e5}
    loads = (5e4, 1e5, 2e5, 4e5, 8e5, 1.6e6)
    cases = [(mode, at, reader) for at in loads for mode in limits for reader in ("batch", "callback")]
    search = [
        made_up.trial(mode, number, intended_load=at, reader=reader, lost=max(0, round(5 * (at - limits[mode]))))
        for number, (mode, at, reader) in enumerate(cases, start=1)
    ]
    files = {"run": [*made_up.run(trials=8), *(made_up.drain(mode, 90) for mode in made_up.COSTS)], "search": search}
    for name, trials in files.items():
        with ResultWriter(folder / f"{name}.jsonl") as writer:
            writer.session(made_up.session())
            for trial in trials:
                writer.trial(trial)
        assert main(["report", str(folder / f"{name}.jsonl"), "--html", str(folder / f"{name}.html")]) == 0
    two = [str(folder / "run.jsonl"), "--a", "work", "--b", "file"]
    assert main(["compare", *two, "--html", str(folder / "compare.html")]) == 0
    assert main(["history", str(folder), "--html", str(folder / "history.html")]) == 0
    return folder


@pytest.mark.parametrize("name", ["run", "search", "compare", "history"])
@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_page_stands_alone_and_fits(page: Page, folder: Path, name: str, width: int, dark: bool) -> None:
    """With the network cut it asks for nothing but itself, complains of nothing, and no text is cut or overlaps."""
    page.requests.clear()
    page.complaints.clear()
    page.open(folder / f"{name}.html", width=width, dark=dark)
    assert page.evaluate(_FAULTS) == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
    assert page.complaints == []


def test_the_numbers_on_the_page_are_the_files(page: Page, folder: Path) -> None:
    """What the browser shows in each cell of the scorecard is what the trials of the file give."""
    page.open(folder / "run.html")
    shown = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('table.sortable tbody tr')].map((row) => ["
        "row.cells[0].textContent.replace(/\\\\d+$/, ''), Object.fromEntries([...row.querySelectorAll('[data-metric]')]"
        ".map((cell) => [cell.dataset.metric, Number(cell.dataset.value)]))]))"
    )
    summary = summarise(load([folder / "run.jsonl"]).variants)
    names = [heading.name for heading in summary.headings]
    assert shown == {
        line.label: {name: cell.value for name, cell in zip(names, line.cells, strict=True) if cell}
        for line in summary.lines
    }


def test_light_and_dark_differ(page: Page, folder: Path) -> None:
    """Ink and paper change places, in the drawings too."""
    seen = []
    for dark in (False, True):
        page.open(folder / "search.html", dark=dark)
        seen.append(
            page.evaluate(
                "[getComputedStyle(document.body).backgroundColor, "
                "getComputedStyle(document.querySelector('svg text')).fill]"
            )
        )
    assert seen[0][0] == "rgb(255, 255, 255)"
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_it_can_be_read_without_script(page: Page, folder: Path) -> None:
    """Tables and drawings are there; only values under the pointer, sorting and hiding are not."""
    page.open(folder / "search.html", script=False)
    tables, drawings, buttons = page.evaluate(
        "[document.querySelectorAll('table').length, document.querySelectorAll('figure svg path').length, "
        "document.querySelectorAll('button').length]"
    )
    assert tables >= 2
    assert drawings > 100
    assert buttons == 0
    page.open(folder / "search.html", script=True)


def test_script_sorts_and_hides(page: Page, folder: Path) -> None:
    """A click on a heading orders the lines by it, and one on a series makes it fade."""
    page.open(folder / "run.html")
    page.evaluate("[...document.querySelectorAll('th button')].find((b) => b.textContent === 'CPU/event').click()")
    order = page.evaluate(
        "[...document.querySelectorAll('[data-metric=cpu_ns_per_event]')].map((cell) => Number(cell.dataset.value))"
    )
    assert order == sorted(order)
    page.evaluate("document.querySelector('.keys button').click()")
    assert page.evaluate("document.querySelectorAll('.faded').length") >= 2


def test_values_show_under_the_pointer(page: Page, folder: Path) -> None:
    """A mark says its numbers when it is pointed at."""
    page.open(folder / "search.html")
    x, y = page.evaluate(
        "(() => { const mark = document.querySelector('svg.wide [id$=\"-consumed\"] use'); mark.scrollIntoView();"
        " const box = mark.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    assert "offered" in page.evaluate("document.querySelector('.tip:not([hidden])').textContent")
