"""What this machine lacks, or what makes it noisy: one file per check, listed by the folder.

A check has a docstring that says what it looks at, and `check()`, which yields its findings.
"""

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from harness.machine.checkout import launcher
from harness.machine.privileges import to_type

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


__all__ = ["LEVELS", "Finding", "examine"]


def examine(*, spin: bool = True) -> list[Finding]:
    """Make every check; return what was found, the worst first. Takes some two seconds.

    Without `spin`, the one that keeps every CPU busy for a second is left out.
    """
    found: list[Finding] = []
    for name in check_names():
        if name == "spin" and not spin:
            continue
        findings: Iterable[Finding] = importlib.import_module(f"{__name__}.{name}").check()
        found.extend(findings)
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def check_names() -> list[str]:
    """List the checks: the files of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
