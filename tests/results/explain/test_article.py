"""The article claims what its committed run says, and its figures are drawn from it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from results.explain.effect import Experiment, experiment
from results.explain.hypotheses import judge, posed
from results.explain.plan import ExplainPlan
from results.file import read
from results.reports.explain import explain_document, say_effect, say_finding, say_riddle
from results.reports.forms.page.experiment import write_figures
from results.reports.forms.terminal import Console, draw

DOCS = Path(__file__).resolve().parents[3] / "docs"
ARTICLE = (DOCS / "why-file-beat-null.md").read_text()


def run(name: str) -> Experiment:
    held = read(DOCS / "results" / name)
    assert not held.problems
    session = held.sessions[-1]
    return experiment(ExplainPlan.from_json(session.plan), held.trials)


@pytest.fixture(scope="module")
def committed() -> Experiment:
    return run("explain.jsonl")


def test_every_sentence_of_the_run_stands_in_the_article(committed: Experiment) -> None:
    """Word for word, number for number: the block of results is what the code says of the file."""
    block = re.search(r"```text\n(.*?)```", ARTICLE, re.DOTALL)
    assert block is not None
    said = [*say_riddle(committed), *(line for h in posed(committed.plan) for line in say_finding(judge(h, committed)))]
    assert [line for line in block[1].splitlines() if line] == said


def test_the_figures_are_drawn_from_the_run(committed: Experiment, tmp_path: Path) -> None:
    """Every number and name written in a committed figure is in the one that the file gives."""
    for drawn in write_figures(committed, tmp_path):
        kept = DOCS / "figures" / drawn.name
        assert f"figures/{drawn.name}" in ARTICLE
        assert re.findall(r">([^<>]+)</text>", kept.read_text()) == re.findall(r">([^<>]+)</text>", drawn.read_text())


def test_the_verdicts_are_the_articles(committed: Experiment) -> None:
    """What the prose calls confirmed, refuted or undecided is what the code called it."""
    words = {h.name: judge(h, committed).word.value for h in posed(committed.plan)}
    prose = ARTICLE.split("```")[2]
    assert words["notification"] == "confirmed"
    assert "**Notification** is confirmed" in prose
    assert {words[name] for name in words if name != "notification"} == {"refuted"}
    assert "**The other four are refuted.**" in prose


def test_the_counts_are_the_runs(committed: Experiment) -> None:
    """How often each variant slept and was woken, and how long the program took, as the command prints it."""
    file = io.StringIO()
    draw(explain_document(committed), Console(width=200, file=file))
    printed = file.getvalue()
    table = ARTICLE.partition("| sleeps per event |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(table) == 7
    for row in table:
        name, *cells = (cell.strip().replace("`", "") for cell in row.strip("|").split("|"))
        (line,) = (line for line in printed.splitlines() if re.match(rf"{name}\s+\d", line))
        assert [cell for cell in cells if cell not in line] == []


def test_the_table_of_both_runs_is_theirs(committed: Experiment) -> None:
    """Each row holds the effect of one prediction in the first run and in the second."""
    again = run("explain-again.jsonl")
    predictions = {(p.faster, p.slower) for h in posed(committed.plan) for p in h.predictions}
    rows = {f"| {say_effect(committed.effect(*pair))} | {say_effect(again.effect(*pair))} |" for pair in predictions}
    table = ARTICLE.split("## Once more")[1].split("## Why slower")[0]
    assert len(re.findall(r"\| ×", table)) == 2 * len(rows)
    for row in rows:
        assert row in table
    inversion = again.effect("file", "null")
    assert f"×{inversion.ratio:.2f}, {inversion.low:.2f}–{inversion.high:.2f}" in table
    tried = posed(again.plan)
    assert [judge(h, again).word for h in tried] == [judge(h, committed).word for h in tried]
