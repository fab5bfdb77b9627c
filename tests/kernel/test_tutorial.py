"""docs/tutorial.md can be followed: its files are written, its commands typed, and what they print is what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tutorial import PAGE, carry_out

# Whatever else is printed tells of this machine, in sentences that break where their numbers end; a row has a bar, or a
# size at its end.
HELD = re.compile(r"mode |\./mine\.py.*(?:[▁-▏]|MiB)|[AB] |OK |REGRESSED |INCONCLUSIVE |why |check: ")


def shape(line: str) -> str:
    """Leave of a line what is the same each time: of a row its label, elsewhere no number, commit or gap's width."""
    line = re.sub(r"\b[0-9a-f]{7,}\b", "#", line)
    if line.startswith("./mine.py"):
        line = re.split(r" +~?\d", line)[0]
    line = re.sub(r"~?-?\b\d[\d.,]*(?: ?(?:ns|µs|ms|s|%))?(?!\w)", "#", line)
    return " ".join(line.split())


def shapes(text: str) -> list[str]:
    return [shape(line) for line in text.splitlines() if HELD.match(line)]


@pytest.mark.slow
def test_each_step_prints_what_the_page_shows(tmp_path: Path) -> None:
    """In an empty folder, in order; the batches cost less than a third, and what undoes them is found with its line."""
    steps = list(carry_out(PAGE.read_text(), tmp_path))
    for step in steps:
        assert shapes(step.printed) == shapes(step.shown), step.command
    *before, undone = steps
    proved = next(step for step in before if " check " in step.command)
    # A machine so busy that nothing was sent in a trial makes that invalid.
    assert all(step.status in ((0, 5) if " run " in step.command else (0,)) for step in before)
    assert undone.status == 1
    assert float(re.search(r"B / A ([\d.]+)", proved.printed)[1]) < 1 / 3
    assert "record in samples" in undone.printed or 'record["reason"]' in undone.printed


def test_a_shape_is_without_numbers() -> None:
    """Two runs of one command, on a quiet machine and on a busy one."""
    quiet = "./mine.py batch [at d77e133069ea]   50k/s ████████████   50k/s    0 nothing         3"
    busy = "./mine.py batch [at 0f3f7e9d7165] ~49.8k/s ███████▎ 48.7k/s    0 generator  6, 1 invalid, 5 disturbed"
    assert shape(quiet) == shape(busy) == "./mine.py batch [at #]"
    assert shape("             A ~1.1 µs, B ~163 ns, 5 blocks") == shape("  A 891 ns, B 1.02 µs, 5 blocks")
    assert shape("A (baseline): git HEAD (0f3f7e9d7165)") == shape("A (baseline): git HEAD (d77e133069ea)")
    assert shape("check: OK") != shape("check: REGRESSED")
