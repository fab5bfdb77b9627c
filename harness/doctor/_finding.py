"""What a check says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from harness.cli import launcher
from harness.privileges import to_type

Level = Literal["missing", "warning", "unchecked", "fine"]
LEVELS: tuple[Level, ...] = get_args(Level)

AS_ROOT = to_type(f"{launcher()} doctor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found.

    level   missing: bench cannot run; warning: it runs, and measures worse for it; unchecked: it could not be seen from
            here; fine
    what    what was found, in one line
    cure    what to type or change; None for what is fine or has no cure
    """

    level: Level
    what: str
    cure: str | None = None

    def __str__(self) -> str:
        return self.what if self.cure is None else f"{self.what} (cure: {self.cure})"

    def to_json(self) -> dict[str, str | None]:
        return asdict(self)
