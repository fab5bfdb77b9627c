"""A variant: one way of consuming, seen under every load that it was put under."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from results.column import LOSS_RATIO, OFFERED_LOAD
from results.scorecard import Row, consumers


@dataclass(frozen=True, slots=True)
class Variant:
    """A consumer with its rows from the lowest load to the highest.

    `colour` is the same for all variants of a mode; `style` tells those apart, 0 for the first.
    """

    label: str
    colour: int
    style: int
    rows: tuple[Row, ...]

    @property
    def key(self) -> str:
        """Name the variant in a drawing, whatever its label holds."""
        return f"s{self.colour}v{self.style}"

    @property
    def paced_rows(self) -> tuple[Row, ...]:
        """The rows whose load was kept to a schedule and that have a valid trial, by intended load."""
        return tuple(row for row in self.rows if row.setting.intended_load is not None and row.timed)

    @property
    def kept_up(self) -> Row | None:
        """The row of the highest load up to which no valid trial lost a drop; None when the lowest already did."""
        best = None
        for row in self.paced_rows:
            if lost_any(row):
                break
            best = row
        return best

    @property
    def first_loss(self) -> Row | None:
        """The row of the lowest load at which a drop was lost."""
        return next((row for row in self.paced_rows if lost_any(row)), None)

    @property
    def capacity(self) -> float | None:
        """The offered load of `kept_up`, drops per second."""
        return offered(self.kept_up) if self.kept_up else None

    def at(self, load: float | None) -> Row | None:
        """Find the row of an intended load."""
        return next((row for row in self.rows if row.setting.intended_load == load), None)

    def reference(self, load: float | None) -> Row | None:
        """Choose the row to compare the variant by: at this load, else the highest it kept up with, else any."""
        if load is not None and (row := self.at(load)):
            return row
        return self.kept_up or next((row for row in self.rows if row.timed or row.drains), None)


def variants(found: Iterable[Row]) -> list[Variant]:
    """Gather rows into variants, by name, so that a variant looks the same in every report that holds the same ones."""
    gathered = sorted(consumers(found).items())
    modes = sorted({rows[0].setting.mode for _, rows in gathered})
    seen: dict[str, int] = {}
    listed = []
    for label, rows in gathered:
        mode = rows[0].setting.mode
        seen[mode] = seen.get(mode, -1) + 1
        listed.append(Variant(label, modes.index(mode), seen[mode], tuple(rows)))
    return listed


def searched(listed: Sequence[Variant]) -> bool:
    """Say whether any variant was put under several loads, so that there is a curve to show."""
    return any(len(variant.paced_rows) > 1 for variant in listed)


def shared_loads(listed: Sequence[Variant]) -> list[float]:
    """List the intended loads that every loaded variant was put under, from the lowest."""
    loads = [
        {load for row in variant.paced_rows if (load := row.setting.intended_load) is not None}
        for variant in listed
        if variant.paced_rows
    ]
    return sorted(set.intersection(*loads)) if loads else []


def fair_load(listed: Sequence[Variant]) -> float | None:
    """Choose the load to compare costs at: the highest shared one that all kept up with, or the lowest.

    Where a variant loses drops, or is offered fewer, its cost for an event is that of another job than the others'.
    """
    shared = shared_loads(listed)
    rows = {load: [row for variant in listed if (row := variant.at(load))] for load in shared}
    fair = [load for load in shared if not any(lost_any(row) or row.limited_by == "generator" for row in rows[load])]
    return fair[-1] if fair else shared[0] if shared else None


def offered(row: Row) -> float:
    """Say which load a row stands for: the intended one where the sender kept to it within 1 %, or what it offered."""
    intended, found = row.setting.intended_load, row.spread(OFFERED_LOAD)
    if found is None:
        return intended or 0.0
    return found.median if intended is None or found.median < 0.99 * intended else intended


def lost_any(row: Row) -> bool:
    """Say whether any valid trial of a row lost a drop."""
    loss = row.spread(LOSS_RATIO)
    return loss is not None and max(loss.values) > 0
