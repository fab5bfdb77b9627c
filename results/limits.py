"""What capacity sessions found, read back from their trials: the search is replayed, and comes to the same bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from results.capacity.plan import CapacityPlan
from results.capacity.search import Bounds
from results.capacity.survey import Capacity, replay, survey
from results.session import Session
from results.trial import Trial


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
