"""Whatever copies of its lines a result file holds, and in whatever order, its report is the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from results.reports.forms.markdown import markdown
from results.reports.report import report_document
from results.scorecard.report import load
from tests.results import made_up


def lines() -> list[bytes]:
    """Make two sessions of two machines, each with trials of two modes."""
    made = []
    for place, kernel in enumerate(("6.18.0", "6.19.0")):
        identity = f"s{place}"
        host = {**made_up.HOST, "kernel": kernel}
        session = made_up.session(id=identity, started_at=f"2026-11-22T1{place}:00:00Z", host=host)
        trials = made_up.run(trials=2, modes=("file", "epoll"), seed=place)
        made += [session.to_json(), *(replace(trial, session=identity, series={}).to_json() for trial in trials)]
    return [json.dumps(row).encode() + b"\n" for row in made]


LINES = lines()
PLACES = st.lists(st.integers(0, len(LINES) - 1), max_size=12)


def said(folder: Path, *contents: bytes) -> tuple[str, tuple[str, ...]]:
    """Report on files of these contents: the report as text, and what was wrong."""
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"{number}.jsonl")
        paths[-1].write_bytes(content)
    report = load(paths)
    return markdown(report_document(replace(report, problems=()))), report.problems


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def whole(folder: Path) -> str:
    return said(folder, b"".join(LINES))[0]


@given(order=st.permutations(range(len(LINES))), again=PLACES, cut=st.integers(0, len(LINES)))
@example(order=list(range(len(LINES))), again=list(range(len(LINES))), cut=len(LINES))
def test_copies_in_any_order_and_number_of_files(
    folder: Path, whole: str, order: list[int], again: list[int], cut: int
) -> None:
    """Lines shuffled, some of them twice, in one file or cut into two: the report of the whole, and nothing wrong."""
    shuffled = [LINES[place] for place in order]
    copies = [LINES[place] for place in again]
    first, second = b"".join([*shuffled[:cut], *copies]), b"".join([*shuffled[cut:], *copies])
    files = [content for content in (first, second) if content]
    assert said(folder, *files) == (whole, ())
    assert said(folder, first + second) == (whole, ())


@given(cut=st.integers(1, len(b"".join(LINES)) - 1))
def test_a_part_beside_the_whole_adds_nothing(folder: Path, whole: str, cut: int) -> None:
    """A file cut anywhere, before or after the whole: at most the torn line is told."""
    content = b"".join(LINES)
    part = content[:cut]
    if b"\n" not in part:
        return  # nothing in it is valid: refused, as any such file is
    for files in ((part, content), (content, part), (part + b"\n" + content,)):
        report, problems = said(folder, *files)
        assert report == whole
        assert len(problems) <= 1


@given(
    place=st.integers(0, len(LINES) - 1),
    where=st.integers(0, len(LINES)),
    forwards=st.booleans(),
)
def test_of_two_that_differ_the_order_chooses_none(folder: Path, place: int, where: int, forwards: bool) -> None:
    """A line whose content was changed, put in anywhere: told, and the report does not depend on which came first."""
    row = json.loads(LINES[place])
    row |= {"seed": 8} if row["type"] == "session" else {"metrics": {**row["metrics"], "cpu_ns_per_event": 1.0}}
    changed = json.dumps(row).encode() + b"\n"
    mixed = [*LINES[:where], changed, *LINES[where:]]
    report, problems = said(folder, b"".join(mixed if forwards else reversed(mixed)))
    assert len(problems) == 1
    assert "neither is used" in problems[0]
    # On which machine the trials of an ambiguous session ran, nothing says.
    left_out = row["id"] if row["type"] == "session" else ...
    kept = [line for number, line in enumerate(LINES) if number != place]
    rest = [line for line in kept if json.loads(line).get("session") != left_out]
    assert report == said(folder, b"".join(rest))[0]
