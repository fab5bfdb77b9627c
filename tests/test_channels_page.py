"""docs/channels.md says what its committed files say: every row of its tables, and the text in its figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import channel_figures

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "channels.md").read_text()
COSTS, LOADS = DOCS / "results/channels.jsonl", DOCS / "results/channels-load.jsonl"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def said(row: dict[str, Any], name: str = "median_ns") -> str:
    """Write nanoseconds with three digits, what has no unit with two behind the point."""
    form = "{:.3g}" if name == "median_ns" else "{:.2f}" if row[name] < 10 else "{:.1f}"
    return "{} ({} to {})".format(*(form.format(value) for value in (row[name], row["low"], row["high"])))


def of_costs() -> Iterator[str]:
    rows = read(COSTS)
    costs = {(row["part"], row["channel"], row["producers"]): row for row in rows if "part" in row}
    ratios = {row["ratio"]: row for row in rows if "ratio" in row}
    for part, channel, producers in costs:
        if (part, producers) == ("producer", 1):
            one, two = costs[part, channel, 1], costs[part, channel, 2]
            ratio = ratios[f"producer, {channel}: two CPUs at once / one"]
            yield f"| `{channel}` | {said(one)} | {said(two)} | {said(ratio, 'median')} |"
        elif producers == 1:
            yield f"| `{channel}` | {said(costs[part, channel, 1])} |"
    for name in ("producer, one CPU: log / ring", "consumer, counting: log / ring"):
        yield said(ratios[name], "median")


def of_consumers() -> Iterator[str]:
    gains = {
        (row["channel"], row["consumer"], row["beside_ns"]): row for row in read(DOCS / "results/consumers-apart.jsonl")
    }
    for channel, consumer, beside_ns in gains:
        if beside_ns == 0:
            idle, dropping = (gains[channel, consumer, beside] for beside in (0, 600))
            yield f"| `{channel}` | {consumer} | {said(idle, 'gain')} | {said(dropping, 'gain')} |"


@pytest.mark.parametrize("row", [*of_costs(), *of_consumers()])
def test_each_row_is_the_files(row: str) -> None:
    """Number for number."""
    assert row in PAGE


def test_the_figures_are_drawn_from_the_files(tmp_path: Path) -> None:
    """What is written in a committed figure is in the one that the files give, and the page shows it."""
    for drawn in channel_figures.draw(COSTS, LOADS, tmp_path):
        kept = DOCS / "figures" / drawn.name
        assert f"figures/{drawn.name}" in PAGE
        assert re.findall(r">([^<>]+)</text>", kept.read_text()) == re.findall(r">([^<>]+)</text>", drawn.read_text())
