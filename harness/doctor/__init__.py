"""What this machine lacks, or what makes it noisy: one file a check, listed by the folder.

A check has a docstring that says what it looks at, and `check()`, which yields its findings. Files that begin with _
are no checks.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from harness.doctor._finding import LEVELS, Finding

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
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
