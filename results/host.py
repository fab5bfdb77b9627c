"""The machines that sessions ran on: their facts, where they differ, and the one rule for what is the same machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from results import units
from results.session import ModeSource, Session

# Facts that may differ between two results of one machine: which version was measured is what one asks, and a machine
# that was started anew is still the same.
MAY_DIFFER = frozenset({"bench", "commit", "boot"})

# What the first format held. Of any later fact an older session says nothing, which is no difference.
_FIRST = frozenset({"machine", "cpu_model", "cpus", "cpus_allowed", "memory", "kernel", "python", "bcc"})

_NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact of the fingerprint that is not the same everywhere: its value in each session, by session."""

    fact: str
    values: tuple[str, ...]

    @property
    def contradicts(self) -> bool:
        """Whether two sessions say different things, and not only one of them nothing."""
        said = set(self.values) if self.fact in _FIRST else {*self.values} - {_NOT_RECORDED}
        return len(said) > 1


def facts(host: Mapping[str, Any]) -> dict[str, str]:
    """Write the fingerprint as names and text, nested facts by dotted names."""
    return dict(_flat("", host))


def differences(hosts: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """List the facts in which machines differ; one that a session lacks counts as a difference."""
    return _differences([facts(host) for host in hosts])


def session_differences(sessions: Sequence[Session]) -> list[Difference]:
    """List the facts in which the sessions' machines differ, and then the users' modes whose content does."""
    return [*differences([session.host for session in sessions]), *mode_differences(sessions)]


def mode_differences(sessions: Sequence[Session]) -> list[Difference]:
    """List the users' modes whose content is not the same in all sessions that name them."""
    found = _differences([{_name(each): _content(each) for each in session.modes} for session in sessions])
    return [each for each in found if each.contradicts]


def unlike(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Keep the differences that make two machines of two sessions: the rule of every command that asks."""
    return tuple(each for each in found if each.fact not in MAY_DIFFER and each.contradicts)


def same_machine(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Tell whether two fingerprints are of one machine, whatever version of bench they were taken by."""
    return not unlike(differences([a, b]))


def machine_of(host: Mapping[str, Any]) -> dict[str, str]:
    """Keep of a fingerprint what tells machines apart."""
    return {name: value for name, value in facts(host).items() if name not in MAY_DIFFER}


def _differences(tables: Sequence[Mapping[str, str]]) -> list[Difference]:
    found = []
    for name in dict.fromkeys(name for table in tables for name in table):
        values = tuple(table.get(name, _NOT_RECORDED) for table in tables)
        if len(set(values)) > 1:
            found.append(Difference(name, values))
    return found


def _name(source: ModeSource) -> str:
    return f"mode {source.mode}{f' ({source.arm})' if source.arm else ''}"


def _content(source: ModeSource) -> str:
    return f"{source.sha256[:12]}{f' at {source.version}' if source.version else ''}"


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in _flat(f"{prefix}.{key}" if prefix else str(key), each)]
    if isinstance(value, list):
        return [(prefix, ", ".join(str(each) for each in value))]
    if prefix.endswith("_bytes") and isinstance(value, int | float):
        return [(prefix.removesuffix("_bytes"), units.size(value))]
    return [(prefix, "not known" if value is None else str(value))]
