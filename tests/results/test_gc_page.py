"""docs/gc.md quotes the committed run as it is."""

from __future__ import annotations

import re
from pathlib import Path

from results import units
from results.file import read
from results.scorecard.pauses import in_pauses
from results.scorecard.rows import Row, rows

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "gc.md").read_text()
HELD = read(DOCS / "results" / "gc.jsonl")


def row_of(row: Row) -> str:
    """Write the row that a setting of the collector has on the page."""
    counted = in_pauses(row)
    assert counted is not None
    lost = ", ".join(units.count(trial.ledger.lost) for trial in sorted(row.timed, key=lambda each: each.number))
    share, chance, bouts = "–", units.percent(counted.by_chance or 0), f"{counted.bouts_in_pauses} of {counted.bouts}"
    if counted.share is not None and counted.pauses and counted.by_trial and counted.bounds:
        spread = f"{units.percent(counted.by_trial.low)} to {units.percent(counted.by_trial.high)}"
        share = f"{units.percent(counted.share)} ({spread}), {units.percent(counted.inside / counted.lost)} for certain"
        bouts += f" ({units.percent(counted.bounds[0])} to {units.percent(counted.bounds[1])})"
    return f"| `{row.setting.gc}` | {lost} | {counted.pauses} | {share} | {chance} | {bouts} |"


def test_the_table_is_that_of_the_run() -> None:
    """A row for each setting of the collector, of five trials, and no other."""
    made = [row_of(row) for row in rows(HELD.trials)]
    assert [len(row.timed) for row in rows(HELD.trials)] == [5, 5, 5]
    there = re.findall(r"^\| `(?:on|off|freeze)` \|.*\|$", PAGE, re.MULTILINE)
    assert sorted(there) == sorted(made)


def test_its_command_and_python_stand_on_the_page() -> None:
    """What to type to repeat it, and the exact version whose collector it was."""
    (session,) = HELD.sessions
    assert session.command.removesuffix(" --quiet").partition(" --out")[0] in PAGE
    assert f"Python {session.host['python']}" in PAGE
    assert session.host["circumstances"] in PAGE


def test_the_answer_holds() -> None:
    """With the collector on, more bouts of loss begin in its pauses than chance explains; without it there are none."""
    by = {row.setting.gc: in_pauses(row) for row in rows(HELD.trials)}
    on, off = by["on"], by["off"]
    assert on is not None
    assert off is not None
    assert on.more_than_chance is True
    assert off.pauses == 0
    assert off.lost * 50 < on.lost
