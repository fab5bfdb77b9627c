"""The article's figures: drawn from data alone, the same each time."""

from __future__ import annotations

from pathlib import Path

from results.reports.forms.page.experiment import write_figures
from tests.results.explain.made_up import made_up


def test_the_same_data_draw_the_same_files(tmp_path: Path) -> None:
    """Nothing in a figure depends on when or where it was drawn."""
    first = write_figures(made_up(), tmp_path / "first")
    again = write_figures(made_up(), tmp_path / "again")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_the_effects_show_their_verdicts(tmp_path: Path) -> None:
    """A figure that is looked at alone says what was confirmed and what was refuted."""
    effects = next(path for path in write_figures(made_up(), tmp_path) if path.name == "riddle-effects.svg").read_text()
    assert "notification (confirmed)" in effects
    assert "batching (refuted)" in effects
    assert "×2.0" in effects
