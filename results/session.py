"""What a session is: one command's plan, the machine it ran on, and the seed of its random order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from results.trial import SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSource:
    """A mode of the user's own as it was when the session began: its content, and its repository beside that.

    `arm` is the side of a check that it was on, None elsewhere. `commit` is None outside of a repository; `dirty` says
    that files differ from the commit, or that it does not hold this one.
    """

    mode: str
    sha256: str
    commit: str | None = None
    dirty: bool = False
    arm: Literal["A", "B"] | None = None

    @property
    def version(self) -> str | None:
        """Name the commit, marked as git describe marks it."""
        return self.commit and f"{self.commit[:12]}{'-dirty' if self.dirty else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The line that goes before a session's trials.

    `command` is what to type to repeat it. `host` is the fingerprint: facts that must be equal for two results to be
    compared (CPU model, cores, kernel, Python, bcc, project version and commit). `findings` are doctor's, in words.
    `modes` are the user's own among the modes measured; those of the project are told by its commit. Format 1 has none.
    """

    id: str
    started_at: str
    command: str
    seed: int
    plan: Mapping[str, Any]
    host: Mapping[str, Any]
    findings: tuple[str, ...] = ()
    modes: tuple[ModeSource, ...] = ()
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def key(self) -> tuple[str, str]:
        """Order sessions by their start."""
        return self.started_at, self.id

    def source_of(self, mode: str, arm: str | None) -> ModeSource | None:
        """Find what a mode was on one side; None for one of the project's own, or where it was not recorded."""
        return next((each for each in self.modes if (each.mode, each.arm) == (mode, arm)), None)

    def to_json(self) -> dict[str, object]:
        return {
            "type": "session",
            **asdict(self),
            "findings": list(self.findings),
            "modes": [asdict(each) for each in self.modes],
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Session:
        """Read a session's line. Raises KeyError or TypeError for what is no session."""
        names = ("id", "started_at", "command", "seed", "plan", "host", "schema_version")
        modes = tuple(ModeSource(**each) for each in row.get("modes", ()))
        return cls(**{name: row[name] for name in names}, findings=tuple(row["findings"]), modes=modes)
