"""How a loss is written: the median of its trials, and beside it the worst one, which a median may hide."""

from collections.abc import Iterable
from statistics import median

from results import units


def with_worst(ratios: Iterable[float | None]) -> str:
    """Write the median of the loss ratios that are known; where the worst of them reads otherwise, that one too."""
    known = [ratio for ratio in ratios if ratio is not None]
    if not known:
        return ""
    middle, worst = units.percent(median(known)), units.percent(max(known))
    return middle if middle == worst else f"{middle} (worst {worst})"
