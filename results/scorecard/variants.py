"""Variants: each way of consuming, seen under every load that it was put under, and the limits that searches found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from results.capacity.bounds import Bounds
from results.capacity.plan import CapacityPlan, survey
from results.capacity.survey import Capacity
from results.metrics import LOSS_RATIO, OFFERED_LOAD
from results.plan import replay
from results.scorecard.rows import Row, consumers
from results.session import Session
from results.trial import Setting, Trial


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in drops per second, the median over a setting's searches; None: the lowest load was too much.

    `at_least`: the generator could not offer more. `upper` is the lowest load that is known to be too much.
    """

    lower: float | None
    upper: float | None
    at_least: bool


def capacities(sessions: Iterable[Session], trials: Sequence[Trial]) -> tuple[list[Capacity], list[str]]:
    """Replay every capacity search; say which were cut short or cannot be replayed, and keep what they did find."""
    found: list[Capacity] = []
    problems: list[str] = []
    searches = {session.id: session for session in sessions if "capacity" in session.plan}
    own: dict[str, list[Trial]] = {identity: [] for identity in searches}
    for trial in trials:
        if trial.session in own:
            own[trial.session].append(trial)
    for session in searches.values():
        try:
            for capacity in survey(CapacityPlan.from_json(session.plan), replay(own[session.id])):
                found.append(replace(capacity, session=session.id))
        except EOFError:
            problems.append(
                f"session {session.id}: its search was not finished; go on with: {session.command} --resume"
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(f"session {session.id}: its search cannot be replayed: {error}")
    return [capacity for capacity in found if capacity.searches], problems


def limit(bounds: Sequence[Bounds]) -> Limit:
    """Put the bounds of repeated searches together."""
    lower = [each.lower for each in bounds if each.lower is not None]
    upper = [each.upper for each in bounds if each.upper is not None]
    return Limit(
        median(lower) if len(lower) == len(bounds) else None,
        max(upper) if upper else None,
        any(each.at_least for each in bounds),
    )


@dataclass(frozen=True, slots=True)
class Variant:
    """A consumer with its rows from the lowest load to the highest.

    `colour` is the same for all variants of a mode; `style` tells those apart, 0 for the first.
    """

    label: str
    colour: int
    style: int
    rows: tuple[Row, ...]
    limits: Capacity | None = None

    @property
    def key(self) -> str:
        """Name the variant in a drawing, whatever its label holds."""
        return f"s{self.colour}v{self.style}"

    @property
    def paced_rows(self) -> tuple[Row, ...]:
        """The rows whose load was kept to a schedule and whose valid trials know their losses, by intended load."""
        rows = (row for row in self.rows if row.setting.intended_load is not None and not row.black_box)
        return tuple(row for row in rows if row.timed)

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
        """The load that it keeps up with, drops per second: what a search found, else the offered load of `kept_up`."""
        if self.limits is not None:
            return limit(self.limits.ndr).lower
        return offered(self.kept_up) if self.kept_up else None

    def at(self, load: float | None) -> Row | None:
        """Find the row of an intended load."""
        return next((row for row in self.rows if row.setting.intended_load == load), None)

    def reference(self, load: float | None) -> Row | None:
        """Choose the row to compare the variant by: at this load, else one it keeps up with, else any."""
        if load is not None and (row := self.at(load)):
            return row
        if self.limits is not None:
            # Of a search, the curve: there each load has a trial whose events told their age, too.
            loads = [point.timed.setting.intended_load or 0.0 for point in self.limits.curve]
            below = [load for load in loads if load <= (self.capacity or 0.0)]
            return self.at(max(below)) if below else self.kept_up or next(iter(self.rows), None)
        return self.kept_up or next((row for row in self.rows if row.timed or row.drains), None)


def variants(found: Iterable[Row], limits: Sequence[Capacity] = ()) -> list[Variant]:
    """Gather rows into variants, by name, so that a variant looks the same in every report that holds the same ones."""
    found_by = {(_searched(capacity.setting), capacity.session): capacity for capacity in limits}
    gathered = sorted(consumers(found).items())
    modes = sorted({rows[0].setting.mode for _, rows in gathered})
    seen: dict[str, int] = {}
    listed = []
    for label, rows in gathered:
        mode = rows[0].setting.mode
        seen[mode] = seen.get(mode, -1) + 1
        key = _searched(rows[0].setting)
        sessions = dict.fromkeys(trial.session for row in rows for trial in row.trials) if found_by else {}
        of_rows = [found_by[key, session] for session in sessions if (key, session) in found_by]
        listed.append(Variant(label, modes.index(mode), seen[mode], tuple(rows), of_rows[-1] if of_rows else None))
    return listed


def _searched(setting: Setting) -> Setting:
    """Keep of a setting what a search leaves as it is."""
    return replace(setting, intended_load=None, duration_s=None)


def searched(listed: Sequence[Variant]) -> bool:
    """Say whether any variant was put under several loads, so that there is a curve to show."""
    return any(len(variant.paced_rows) > 1 for variant in listed)


def shared_loads(listed: Sequence[Variant], *, truly_offered: bool = False) -> list[float]:
    """List the intended loads that every loaded variant was put under, from the lowest.

    `truly_offered`: without those that the sender could not keep up with.
    """
    loads = [
        {
            load
            for row in variant.paced_rows
            if (load := row.setting.intended_load) is not None and not (truly_offered and row.limited_by == "generator")
        }
        for variant in listed
        if variant.paced_rows
    ]
    return sorted(set.intersection(*loads)) if loads else []


def fair_load(listed: Sequence[Variant]) -> float | None:
    """Choose the load to compare costs at: the highest shared one that all kept up with, or the lowest.

    Where a variant loses drops, or is offered fewer, its cost per event is that of another job than the others'.
    """
    shared = shared_loads(listed)
    truly = shared_loads(listed, truly_offered=True)
    fair = [load for load in truly if not any((row := variant.at(load)) and lost_any(row) for variant in listed)]
    if fair:
        return fair[-1]
    # A search has a load for each variant that it keeps up with; elsewhere a load that some lose at is all there is.
    return None if any(variant.limits for variant in listed) else shared[0] if shared else None


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
