"""Drawings for a page: matplotlib's SVG, coloured by the page's own style so that it follows light and dark.

Each is drawn twice, for a wide and for a narrow screen, since text that shrinks with its picture cannot be read on a
phone; the page shows the one that fits.
"""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from results.brief import distinct

WIDE, NARROW = 760, 370  # CSS pixels: the column of the page on a desktop, and on a phone

# Colours that stand for the page's variables: each is exchanged for `var(--…)` in the finished SVG.
INK, MUTED, GRID, PAPER, LOSS = "#000001", "#000002", "#000003", "#000004", "#000005"
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", LOSS: "loss"}
SERIES_COLOURS = 8
MARKERS = "osD^vPX*"
_ROOM, _WIDE_ROOM = 18, 40  # characters of a label on a phone, and on a desktop
_LINE = 14.0  # pixels between two labels
_COLUMN = 30, 7.2  # CSS pixels of a legend's entry: its sign, and each character
_LEGEND_LINE = 20
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))

_STYLE: dict[Any, Any] = {  # matplotlib types its keys as literals
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "text.parse_math": False,
    "font.size": 12,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "figure.facecolor": "none",
    "figure.dpi": 72,  # a point is a CSS pixel
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawing, for both widths: by series, `points` says what its marks do when pointed at, `labels` its name."""

    name: str
    says: str
    wide: str
    narrow: str
    points: dict[str, list[str]]
    labels: dict[str, str]


@dataclass(slots=True)
class Sheet:
    """What a plot draws on: its axes, whether it is the narrow one, and where it leaves what its marks say."""

    axes: Sequence[Axes]
    narrow: bool
    points: dict[str, list[str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def mark(self, series: str, texts: Sequence[str], label: str = "") -> str:
        """Keep what the marks of a series say, and its name if there is one; return the id that it is to carry."""
        self.points[series] = list(texts)
        self.labels[series] = label
        return series

    def fitted(self, labels: Sequence[str]) -> dict[str, str]:
        """Cut labels to what there is room for, so that they stay apart; the text under the pointer is whole."""
        return distinct(labels, _ROOM if self.narrow else _WIDE_ROOM)

    def legend(self, where: Literal["outside upper left", "outside lower left"]) -> None:
        """Name all series above or below the axes, and make room for that."""
        figure = self.axes[0].get_figure(root=True)
        assert figure is not None
        names = [str(name) for axes in self.axes for name in axes.get_legend_handles_labels()[1]]
        sign, character = _COLUMN
        columns = max(1, int(figure.get_figwidth() * 72 / (sign + character * max(map(len, names)))))
        figure.set_figheight(figure.get_figheight() + -(-len(names) // columns) * _LEGEND_LINE / 72)
        figure.legend(loc=where, ncols=min(columns, len(names)), frameon=False, fontsize=11, handletextpad=0.3)


def drawn(
    name: str,
    says: str,
    plot: Callable[[Sheet], None],
    *,
    height: int = 330,
    panels: int = 1,
) -> Drawn:
    """Draw a plot of one or more panels, one above the other; `height` is that of one panel, in CSS pixels."""
    sheets = {}
    for width in (WIDE, NARROW):
        with mpl.rc_context(_STYLE), warnings.catch_warnings():
            # Names may use scripts that matplotlib's own font lacks; the browser's has them.
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            figure = Figure(figsize=(width / 72, height * panels / 72), layout="constrained")
            FigureCanvasSVG(figure)
            axes = figure.subplots(panels, 1, squeeze=False)[:, 0]
            sheet = Sheet(list(axes), width == NARROW)
            plot(sheet)
            sheets[width] = _themed(figure, f"{name}-{'narrow' if sheet.narrow else 'wide'}", says)
    return Drawn(name, says, sheets[WIDE], sheets[NARROW], sheet.points, sheet.labels)


def series_colour(index: int) -> str:
    """Return the colour that stands for a series; the page defines it, for light and for dark."""
    return f"#0000{0x10 + index % SERIES_COLOURS:02x}"


def look(colour: int, style: int) -> dict[str, Any]:
    """Give a series its colour, marker, dashes and filling: told apart by more than colour alone."""
    own = series_colour(colour)
    return {
        "color": own,
        "marker": MARKERS[colour % len(MARKERS)],
        "linestyle": _DASHES[style % len(_DASHES)],
        "markerfacecolor": own if style % 2 == 0 else PAPER,
        "markeredgecolor": own,
        "markeredgewidth": 1.4,
    }


def plain_log(axis_of: Axes, which: str, write: Callable[[float], str]) -> None:
    """Give an axis that holds its data already a logarithmic scale, its ticks written as people read them."""
    getattr(axis_of, f"set_{which}scale")("log")
    axis = axis_of.xaxis if which == "x" else axis_of.yaxis
    low, high = axis.get_view_interval()
    if high < low * 100:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high > low * 10 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: write(value)))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def label_ends(sheet: Sheet, axes: Axes, ends: Sequence[tuple[float, str, dict[str, Any]]]) -> None:
    """Write labels (y, text, look) right of the axes, each as near to its line's end as the others allow."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # lays out: only then are pixels known
    low, high = axes.bbox.y0, axes.bbox.y1
    places = sorted(((axes.transData.transform((1, end[0]))[1], end) for end in ends), key=lambda place: place[0])
    at: list[float] = []
    for y, _ in places:
        at.append(max(min(y, high), at[-1] + _LINE if at else low))
    if at and at[-1] > high:  # pushed out at the top: push back down from there
        at[-1] = high
        for index in range(len(at) - 2, -1, -1):
            at[index] = min(at[index], at[index + 1] - _LINE)
    beside = axes.transAxes + ScaledTranslation(11 / 72, 0, figure.dpi_scale_trans)
    fitted = sheet.fitted([text for _, text, _ in ends])
    for (_, (_, text, style)), y in zip(places, at, strict=True):
        share = (y - low) / (high - low)
        axes.plot([1], [share], transform=beside, clip_on=False, **style)
        axes.annotate(
            fitted[text], (1, share), xycoords="axes fraction",
            xytext=(20, 0), textcoords="offset points", va="center", annotation_clip=False,
        )  # fmt: skip


def _themed(figure: Figure, prefix: str, says: str) -> str:
    """Render to SVG without a header, its ids made unique, its colours and font left to the page."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]*)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"(url\(|href=\")#", rf"\1#{prefix}-", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", svg)
    for stand_in, variable in _variables():
        svg = svg.replace(stand_in, f"var(--{variable})")
    head = f'<svg class="{prefix.rsplit("-", 1)[1]}" role="img" aria-label="{_quoted(says)}"'
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', lambda found: f"{head} {found[1]}>", svg, count=1)
    return re.sub(r"\n\s*", "\n", svg)


def _variables() -> list[tuple[str, str]]:
    series = [(series_colour(index), f"s{index}") for index in range(SERIES_COLOURS)]
    return [*_VARIABLES.items(), *series]


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
