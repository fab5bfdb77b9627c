"""The figures of docs/why-file-beat-null.md, drawn from an experiment's result file and nothing else."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from results import units
from results.explain.effect import Effect, Experiment
from results.explain.hypotheses import MATTERS, Word, judge, posed
from results.metrics import SLEEPS
from results.output import write_file
from results.statistics.spread import spread

INK, MUTED, GRID, NULL, OTHER = "#24292f", "#6e7781", "#d8dee4", "#c2410c", "#1d4ed8"
COLOURS = {Word.CONFIRMED: "#15803d", Word.REFUTED: "#b91c1c", Word.NOT_DECIDABLE: MUTED}
_STYLE: dict[Any, Any] = {  # matplotlib types its keys as literals
    "svg.fonttype": "none", "svg.hashsalt": "bench", "font.family": "sans-serif", "font.size": 11, "text.color": INK,
    "axes.edgecolor": GRID, "axes.labelcolor": MUTED, "axes.spines.top": False, "axes.spines.right": False,
    "axes.spines.left": False, "axes.axisbelow": True, "axes.titlelocation": "left", "axes.titlesize": 12,
    "xtick.color": GRID, "xtick.labelcolor": MUTED, "ytick.color": GRID, "ytick.labelcolor": INK,
    "grid.color": GRID, "figure.facecolor": "white", "figure.dpi": 72,
}  # fmt: skip

RATES = (
    ("null", "work", "file"),
    ("null, pausing", "null, calling", "null, flushing"),
    ("null, notified rarely", "file, notified rarely"),
    ("null, busy", "null, short batches", "null, paced", "null, long batches", "null, paced and forced"),
    ("nobody reads",),
)
# Those that sleep in epoll; their labels stand above and below the marks in turn.
SLEEPERS = (
    "null", "work", "file", "null, pausing", "null, calling", "null, notified rarely", "file, notified rarely",
)  # fmt: skip
SELDOM = 0.01
WAYS = (
    ("closed loop", "file", "null"),
    ("closed loop, notified once in 64 KiB", "file, notified rarely", "null, notified rarely"),
    ("open loop", "file, open loop", "null, open loop"),
    ("draining a full ring", "file, drain", "null, drain"),
)


def write_figures(experiment: Experiment, folder: Path) -> list[Path]:
    """Draw all figures into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        return [
            _save(_rates(experiment), folder / "riddle-rates.svg"),
            _save(_four_ways(experiment), folder / "riddle-four-ways.svg"),
            _save(_notifications(experiment), folder / "riddle-sleeps.svg"),
            _save(_effects(experiment), folder / "riddle-effects.svg"),
        ]


def _rates(experiment: Experiment) -> Figure:
    """Draw the sender's rate beside each variant of the closed loop, in groups."""
    names = [name for group in RATES for name in group]
    figure, axes = _sheet(len(names) + len(RATES))
    y, places = 0.0, []
    for group in RATES:
        for name in group:
            found = spread(experiment.speeds(name))
            if found is not None:
                colour = NULL if name == "null" else OTHER
                axes.plot([found.low, found.high], [y, y], color=colour, linewidth=2, solid_capstyle="butt")
                axes.plot(found.median, y, "o", color=colour, markersize=7)
            places.append((y, name))
            y += 1
        y += 0.6
    _rows(axes, places)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: units.quantity(value)))
    _title(figure, "Packets per second that an unpaced sender got rid of")
    axes.set_xlabel("median and 95 % interval over the blocks")
    return figure


def _four_ways(experiment: Experiment) -> Figure:
    """Draw how much faster file looks than null, by how one looks."""
    rows = [(title, experiment.effect(faster, slower)) for title, faster, slower in WAYS]
    return _forest(rows, [OTHER] * len(rows), "How many times as fast as null does file look?", 1.0)


def _notifications(experiment: Experiment) -> Figure:
    """Draw the sender's rate against how often the consumer fell asleep: each time, it had to be woken."""
    figure = Figure(figsize=(10.5, 4.6), layout="constrained")
    axes = figure.subplots()
    for place, name in enumerate(SLEEPERS):
        trials = [block[name] for block in experiment.blocks if name in block]
        sleeps = [
            slept / trial.ledger.consumed
            for trial in trials
            if trial.ledger.consumed and (slept := SLEEPS.value(trial)) is not None
        ]
        rates = experiment.speeds(name)
        if not sleeps or not rates:
            continue
        colour = NULL if name == "null" else OTHER
        axes.plot(sleeps, rates, ".", color=colour, alpha=0.35, markersize=5)
        axes.plot(median(sleeps), median(rates), "o", color=colour, markersize=7)
        offset, side = ((8, 5), "left") if place % 2 == 0 else ((-8, -14), "right")
        at = (median(sleeps), median(rates))
        axes.annotate(name, at, xytext=offset, textcoords="offset points", ha=side if at[0] > SELDOM else "left")
    axes.grid(visible=True)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: units.quantity(value)))
    axes.set_xlabel("sleeps of the consumer per event")
    _title(figure, "Packets per second of the sender: each trial, and the medians")
    return figure


def _effects(experiment: Experiment) -> Figure:
    """Draw what each intervention did to the sender's rate, under the hypothesis that predicted it."""
    rows, colours = [], []
    for hypothesis in posed(experiment.plan):
        finding = judge(hypothesis, experiment)
        for prediction, effect in zip(hypothesis.predictions, finding.effects, strict=True):
            label = f"{hypothesis.name} ({finding.word.value}): {prediction.faster} / {prediction.slower}"
            rows.append((label.replace("null, ", ""), effect))
            colours.append(COLOURS[finding.word])
    return _forest(
        rows, colours, f"What each intervention did to the sender's rate (claimed: above ×{MATTERS:.2f})", MATTERS
    )


def _forest(rows: Sequence[tuple[str, Effect]], colours: Sequence[str], title: str, line: float) -> Figure:
    figure, axes = _sheet(len(rows))
    axes.set_xscale("log")
    axes.axvline(1.0, color=MUTED, linewidth=1)
    if line != 1.0:
        axes.axvline(line, color=MUTED, linewidth=1, linestyle=(0, (3, 2)))
    for y, ((_, effect), colour) in enumerate(zip(rows, colours, strict=True)):
        if effect.ratio is None:
            continue
        if effect.known and effect.low is not None and effect.high is not None:
            axes.plot([effect.low, effect.high], [y, y], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot(effect.ratio, y, "o", color=colour, markersize=7)
        axes.annotate(f"×{effect.ratio:.2f}", (effect.ratio, y), xytext=(0, 7), textcoords="offset points", ha="center")
    _rows(axes, [(float(y), title) for y, (title, _) in enumerate(rows)])
    ticks = list(_ticks(*axes.get_xlim()))
    axes.set_xticks(ticks, [f"×{tick:g}" for tick in ticks])
    axes.minorticks_off()
    _title(figure, title)
    axes.set_xlabel("ratio within a block, Hodges–Lehmann estimate and 95 % interval")
    return figure


def _sheet(rows: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(10.5, 1.4 + 0.36 * rows), layout="constrained")
    return figure, figure.subplots()


def _title(figure: Figure, text: str) -> None:
    figure.suptitle(text, x=0.01, horizontalalignment="left", fontsize=12)


def _rows(axes: Axes, places: Sequence[tuple[float, str]]) -> None:
    axes.set_yticks([y for y, _ in places], [name for _, name in places])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.grid(visible=True, axis="x")
    axes.margins(y=0.08)


def _ticks(low: float, high: float) -> Iterator[float]:
    for tick in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20):
        if low <= tick <= high:
            yield tick


def _save(figure: Figure, path: Path) -> Path:
    FigureCanvasSVG(figure)
    out = io.BytesIO()
    # Without a date, the same data draw the same file.
    figure.savefig(out, format="svg", metadata={"Date": None})
    write_file(path, out.getvalue())
    return path
