"""docs/tools.md says what its committed file says, row by row, and names every tool that there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.tools import load_tool, tool_names
from results.audit import account
from results.file import read
from results.metrics import AGE_P99, CPU_PER_EVENT, PROGRAM_PER_EVENT, RSS, START_UP
from results.trial import Trial

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "tools.md").read_text()
HELD = read(DOCS / "results/audit.jsonl")
LOADS = sorted({trial.setting.intended_load or 0 for trial in HELD.trials})
COST_AT = 50_000


def at(mode: str, load: float) -> Trial:
    (trial,) = (each for each in HELD.trials if (each.setting.mode, each.setting.intended_load) == (mode, load))
    return trial


def verdict(trial: Trial) -> str:
    """Write what it lost of how many, where it lost any."""
    found = account(trial)
    assert found is not None
    if found.verdict == "exact":
        return f"exact: {found.least:,}"
    lost = found.least - found.reported
    untold = f", {found.untold:,} untold" if found.untold else ""
    return f"{found.verdict}: {lost:,} of {found.least:,}{untold}"


def rows() -> Iterator[str]:
    for mode in sorted({trial.setting.mode for trial in HELD.trials}):
        yield f"| `{mode}` | {' | '.join(verdict(at(mode, load)) for load in LOADS)} |"
        trial = at(mode, COST_AT)
        costs = [
            "" if (value := metric.value(trial)) is None else metric.write(value)
            for metric in (START_UP, CPU_PER_EVENT, RSS, PROGRAM_PER_EVENT, AGE_P99)
        ]
        yield f"| `{mode}` | {' | '.join(costs)} |"


@pytest.mark.parametrize("row", list(rows()))
def test_each_row_is_the_files(row: str) -> None:
    """Number for number."""
    assert row in PAGE.splitlines()


def test_the_page_has_the_command_that_made_its_file() -> None:
    """As it was typed."""
    (session,) = HELD.sessions
    assert f"`{session.command}`" in PAGE


@pytest.mark.parametrize("name", tool_names())
def test_every_tool_is_told_of(name: str) -> None:
    """With what it does, and the package that has it."""
    tool = load_tool(name)
    assert f"| `{name}` | {tool.says} | `{tool.package}` |" in PAGE.splitlines()
