"""The page of a history."""

from __future__ import annotations

from results.history import History
from results.history_words import track_lines
from results.page.render import fill
from results.plots.history_chart import draw_history


def history_page(history: History, version: str) -> str:
    """Make the page: the chart, first and last, the machines."""
    return fill("history.html", version, history=history, drawing=draw_history(history), lines=track_lines(history))
