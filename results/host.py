"""The machines that sessions ran on: their facts, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from results import units
from results.session import Session


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact of the fingerprint that is not the same everywhere: its value in each session, by session."""

    fact: str
    values: tuple[str, ...]


def facts(session: Session) -> dict[str, str]:
    """Write the fingerprint as names and text, nested facts by dotted names."""
    return dict(_flat("", session.host))


def differences(sessions: Sequence[Session]) -> list[Difference]:
    """List the facts in which the sessions' machines differ; one that a session lacks counts as a difference."""
    tables = [facts(session) for session in sessions]
    names = dict.fromkeys(name for table in tables for name in table)
    found = []
    for name in names:
        values = tuple(table.get(name, "not recorded") for table in tables)
        if len(set(values)) > 1:
            found.append(Difference(name, values))
    return found


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in _flat(f"{prefix}.{key}" if prefix else str(key), each)]
    if isinstance(value, list):
        return [(prefix, ", ".join(str(each) for each in value))]
    if prefix.endswith("_bytes") and isinstance(value, int | float):
        return [(prefix.removesuffix("_bytes"), units.size(value))]
    return [(prefix, "not known" if value is None else str(value))]
