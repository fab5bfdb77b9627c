"""docs/tools.md says of costs what its committed file says, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from results import units
from results.file import read
from results.metrics import SENDER_PER_FRAME
from results.overhead import Overhead, overheads
from results.scorecard.labels import labels

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "tools.md").read_text()
HELD = read(DOCS / "results" / "overhead.jsonl")


def costs() -> list[Overhead]:
    found, problems = overheads(HELD.sessions, HELD.trials)
    assert problems == []
    return found


def rows() -> Iterator[str]:
    found = costs()
    named = labels(each.setting for each in found)
    for each in sorted(found, key=lambda each: each.cost or 0.0):
        assert each.cost is not None
        assert each.low is not None
        assert each.high is not None
        interval = f"{each.low * 100:+.2f} to {each.high * 100:+.2f} %"
        seen = "" if each.detectable is None else units.percent(each.detectable)
        alone = SENDER_PER_FRAME.write(each.plain or 0.0)
        yield (
            f"| `{named[each.setting]}` | {each.cost * 100:+.2f} % | {interval} | {seen} | {alone} | "
            f"{units.percent(each.cpu or 0.0)} | {len(each.values)} |"
        )


@pytest.mark.parametrize("row", list(rows()))
def test_each_row_is_the_files(row: str) -> None:
    """Number for number."""
    assert row in PAGE.splitlines()


def test_the_page_has_the_command_that_made_its_file() -> None:
    """As it was typed."""
    (session,) = HELD.sessions
    assert f"`{session.command}`" in PAGE
