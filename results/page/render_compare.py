"""The page of a comparison."""

from __future__ import annotations

from results.compare_words import entries, headline, weakness
from results.comparison import Compared
from results.host import facts
from results.page.render import fill
from results.plots.forest import draw_forest


def compare_page(compared: Compared, version: str) -> str:
    """Make the page: what changed in words, the forest plot, all numbers, the machines."""
    return fill(
        "compare.html",
        version,
        compared=compared,
        headline=headline(compared),
        forest=draw_forest(compared),
        weakness=weakness(compared),
        entries=entries(compared),
        facts=facts(compared.sessions[0].host) if compared.sessions else {},
    )
