"""What a session is: one command's plan, the machine it ran on, and the seed of its random order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from results.trial import SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The line that goes before a session's trials.

    `command` is what to type to repeat it. `host` is the fingerprint: facts that must be equal for two results to be
    compared (CPU model, cores, kernel, Python, bcc, project version and commit). `findings` are doctor's, in words.
    """

    id: str
    started_at: str
    command: str
    seed: int
    plan: Mapping[str, Any]
    host: Mapping[str, Any]
    findings: tuple[str, ...] = ()
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def key(self) -> tuple[str, str]:
        """Order sessions by their start."""
        return self.started_at, self.id

    def to_json(self) -> dict[str, object]:
        return {"type": "session", **asdict(self), "findings": list(self.findings)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Session:
        """Read a session's line. Raises KeyError or TypeError for what is no session."""
        names = ("id", "started_at", "command", "seed", "plan", "host", "schema_version")
        return cls(**{name: row[name] for name in names}, findings=tuple(row["findings"]))
