"""Where the CPU time per event goes: the kernel's program, the consumer in the kernel, the consumer itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from results import units
from results.metrics import CPU_PER_EVENT, CPU_SYSTEM, CPU_USER, PROGRAM_PER_EVENT, SOFTIRQ
from results.reports.forms.page.figure import INK, PAPER, Drawn, Sheet, drawn, series_colour
from results.scorecard.report import Report
from results.scorecard.rows import Row
from results.scorecard.variants import Variant

# Part, and the colour that is its own on this page.
_PARTS = (("program (kernel)", 0), ("consumer, system", 2), ("consumer, user", 5))


@dataclass(frozen=True, slots=True)
class _Split:
    label: str
    parts: tuple[float, ...]
    softirq: float | None


def draw(report: Report) -> Drawn | None:
    """Draw a bar for each variant whose user and system time are known; None when there is none."""
    splits = [split for variant, row in report.chosen if (split := _split(variant, row))]
    if not splits:
        return None
    splits.sort(key=lambda split: -sum(split.parts))
    says = "Shares of the CPU time per event, for " + ", ".join(split.label for split in splits)
    return drawn("cpu", says, lambda sheet: _plot(sheet, splits), height=80 + 30 * len(splits))


def _split(variant: Variant, row: Row) -> _Split | None:
    total, user, system = map(row.spread, (CPU_PER_EVENT, CPU_USER, CPU_SYSTEM))
    if not total or not user or not system or not user.median + system.median or not total.median:
        return None
    program, softirq = row.spread(PROGRAM_PER_EVENT), row.spread(SOFTIRQ)
    per_second = total.median / (user.median + system.median)
    return _Split(
        variant.label,
        (program.median if program else 0.0, system.median * per_second, user.median * per_second),
        softirq.median if softirq else None,
    )


def _plot(sheet: Sheet, splits: Sequence[_Split]) -> None:
    (axes,) = sheet.axes
    axes.grid(visible=False)
    for place, (name, colour) in enumerate(_PARTS):
        shares = [split.parts[place] / sum(split.parts) for split in splits]
        starts = [sum(split.parts[:place]) / sum(split.parts) for split in splits]
        if not any(shares):
            continue
        said = [f"{split.label}: {name} {units.nanoseconds(split.parts[place])} per event" for split in splits]
        axes.plot([], [], "s", color=series_colour(colour), label=name, markersize=9)
        for index, (start, share) in enumerate(zip(starts, shares, strict=True)):
            axes.barh(
                index, share, left=start, height=0.62, color=series_colour(colour), edgecolor=PAPER, linewidth=1.5,
                gid=sheet.mark(f"part{place}-{index}", [said[index]]),
            )  # fmt: skip
    for index, split in enumerate(splits):
        total = units.nanoseconds(sum(split.parts))
        if split.softirq is not None and not sheet.narrow:
            total += f" · softirq {units.percent(split.softirq)}"
        axes.annotate(total, (1, index), xytext=(8, 0), textcoords="offset points", va="center")
    fitted = sheet.fitted([split.label for split in splits])
    axes.set_yticks(range(len(splits)), [fitted[split.label] for split in splits])
    axes.tick_params(axis="y", labelcolor=INK, length=0)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(
        "share of the CPU time per event" if sheet.narrow else "share of the CPU time per event (right: its sum)"
    )
    sheet.legend("outside upper left")
