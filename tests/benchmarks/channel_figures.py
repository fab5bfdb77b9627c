"""The figures of docs/channels.md, from the files that tests.benchmarks.channels measures."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from results import units
from results.metrics import AGE_P99, LOSS_RATIO, OFFERED_LOAD, Metric
from results.output import write_file
from results.scorecard.report import load
from tests.benchmarks.channel_loads import LOADS

INK, MUTED, GRID = "#24292f", "#6e7781", "#d8dee4"
COLOURS = {"ring": "#c2410c", "percpu-ring": "#1d4ed8", "log": "#15803d", "perf": "#7e22ce"}
STYLE: dict[Any, Any] = {  # matplotlib types its keys as literals
    "svg.fonttype": "none", "svg.hashsalt": "bench", "font.family": "sans-serif", "font.size": 11, "text.color": INK,
    "axes.edgecolor": GRID, "axes.labelcolor": MUTED, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "axes.titlelocation": "left", "axes.titlesize": 12, "grid.color": GRID,
    "xtick.color": GRID, "xtick.labelcolor": MUTED, "ytick.color": GRID, "ytick.labelcolor": MUTED,
    "figure.facecolor": "white", "figure.dpi": 72,
}  # fmt: skip
BY_HAND = {  # ns per record with 1, 2, 4, 8 and 15 producers, on 16 CPUs that are not to be had any more
    "ring": (69, 803, 1373, 2724, 5117),
    "percpu-ring": (69, 70, 65, 78, 79),
    "log": (37, 36, 43, 44, 46),
}
PRODUCERS_BY_HAND = (1, 2, 4, 8, 15)
NO_LOSS = 1e-6

Point = tuple[float, float]


def draw(costs: Path, loads: Path, folder: Path) -> list[Path]:
    """Draw all into a folder; return their paths."""
    with mpl.rc_context(STYLE):
        return [
            _save(_cost(costs), folder / "channels-cost.svg"),
            _save(
                _over_load(loads, LOSS_RATIO, "Lost with 1 MiB in all, share of the records, in the worst trial"),
                folder / "channels-loss.svg",
            ),
            _save(_over_load(loads, AGE_P99, "99 of 100 events were at most so old, ms"), folder / "channels-age.svg"),
        ]


def _cost(costs: Path) -> Figure:
    figure, axes = _sheet("What a record costs the CPU that writes it, ns (dashed: by hand on 16 CPUs)")
    measured: dict[str, list[tuple[int, float, float, float]]] = {}
    for row in map(json.loads, costs.read_text().splitlines()):
        if row.get("part") == "producer":
            found = row["producers"], row["median_ns"], row["low"], row["high"]
            measured.setdefault(row["channel"], []).append(found)
    for name, points in measured.items():
        colour = COLOURS.get(name, INK)
        for producers, _, low, high in points:
            axes.plot([producers] * 2, [low, high], color=colour, linewidth=2)
        axes.plot([each[0] for each in points], [each[1] for each in points], "o-", color=colour, label=name)
        if name in BY_HAND:
            axes.plot(PRODUCERS_BY_HAND, BY_HAND[name], ".--", color=colour, linewidth=1)
    _ticks(axes, PRODUCERS_BY_HAND, str, "CPUs that write at once, and never pause")
    axes.set_yscale("log")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticks([30, 100, 300, 1000, 3000], ["30", "100", "300", "1,000", "3,000"])
    axes.legend(frameon=False)
    return figure


def _over_load(loads: Path, metric: Metric, title: str) -> Figure:
    figure, axes = _sheet(title)
    points: dict[str, list[Point]] = {}
    for row in load([loads]).rows:
        found, offered = row.spread(metric), row.spread(OFFERED_LOAD)
        if found is not None and offered is not None:
            value = max(*found.values, NO_LOSS) if metric is LOSS_RATIO else found.median / 1e6
            points.setdefault(f"{row.setting.channel}, {row.setting.wait}", []).append((offered.median, value))
    for name, each in points.items():
        each.sort()
        axes.plot(
            [x for x, _ in each], [y for _, y in each], "o-", color=COLOURS.get(name.split(",")[0], INK), label=name
        )
    _ticks(axes, LOADS, units.quantity, "records/s that were written by two CPUs")
    if metric is LOSS_RATIO:
        axes.set_yscale("log")
        axes.set_yticks([NO_LOSS, 1e-4, 1e-2, 1e-1, 1.0], ["none", "0.01 %", "1 %", "10 %", "100 %"])
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure


def _sheet(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(10.5, 4.6), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    axes.set_title(title)
    return figure, axes


def _ticks(axes: Axes, ticks: Sequence[int], write: Callable[[float], str], label: str) -> None:
    axes.set_xscale("log")
    axes.set_xticks(ticks, [write(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(label)


def _save(figure: Figure, path: Path) -> Path:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    write_file(path, out.getvalue().encode())
    return path
