"""A consumer that is no mode of ours: a command of somebody else's, and which of its words are counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from results.line import fit

EXEC = "exec:"
"""What stands before a command that is named as a mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """How the words of a foreign command are read; None: it says nothing of that kind.

    `ready` matches what it says when it has attached. `count` and `lost` match what it says of events seen and lost: a
    number where the expression has a group, else a line is one. `count_json` is a field whose lines are events,
    `sum_json` one that holds numbers of them.
    """

    ready: str | None = None
    count: str | None = None
    count_json: str | None = None
    sum_json: str | None = None
    lost: str | None = None

    def __str__(self) -> str:
        """Say it as it was typed."""
        given = {name: getattr(self, name) for name in (each.name for each in fields(self))}
        return " ".join(f"--{name.replace('_', '-')} {text}" for name, text in given.items() if text is not None)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read what a setting's line holds. Raises TypeError."""
        made = cls(**row)
        fit(made)
        return made
