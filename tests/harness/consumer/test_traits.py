"""What is asked of a mode before it runs: a choice that is none is refused by its name, and makes no fault of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.consumer.traits import traits_of
from results.errors import BadInput


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("waits = ()", "waits is (); it must be a tuple of epoll, busy"),
        ("waits = 'epoll'", "waits is 'epoll'; it must be a tuple of"),
        ("waits = ('epol',)", "waits is ('epol',)"),
        ("formats = 3", "formats is 3; it must be a tuple of text, json, raw"),
        ("formats = ([],)", "formats is ([],)"),
        ("writes = 'printer'", "writes is 'printer'; it is file or terminal or None"),
        ("writes = object()", "writes is <object"),
    ],
)
def test_a_choice_that_there_is_not_is_named(tmp_path: Path, line: str, says: str) -> None:
    """With the mode, and what there is."""
    path = tmp_path / "mine.py"
    path.write_text(f"from modes import Mode\nclass Mine(Mode):\n    {line}\n    def take(self, samples): pass\n")
    with pytest.raises(BadInput) as refused:
        traits_of(str(path))
    assert f"mode {path}: {says}" in str(refused.value)
