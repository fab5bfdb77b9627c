"""Finished tools that watch drops: each file says how one is run, and reads what it counted and admits as lost."""

import importlib
import pkgutil
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bpf.counters import Counters
from bpf.errors import CannotRun
from harness.consumer.command import Command, Recipe, Usage
from harness.messages import Done, Maps
from harness.probes.reading import Reading
from harness.workers import ready


def recipes(reason: int, folder: Path) -> dict[str, Recipe]:
    """Return how each tool watches drops of one reason, by its name; it may write into the folder.

    None knows a tag: what others drop for the same reason meanwhile is in its count, and makes the trial invalid.
    """
    found: dict[str, Recipe] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").recipes(reason, folder)
    return found


def missing(found: Mapping[str, Recipe]) -> dict[str, str]:
    """Say of each tool that does not run here why: those that are installed are started, all at once."""
    why = {
        name: f"{recipe.command[0]} is not installed"
        for name, recipe in found.items()
        if shutil.which(recipe.command[0]) is None
    }
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(Command(recipe, cpu=None)) for name, recipe in found.items() if name not in why
        }
        for name, command in started.items():
            try:
                ready(command, Maps)
            except CannotRun as error:
                why[name] = error.what
    return why


def told(usage: Usage, seen: int, lost: int = 0, *, in_kernel: bool = False) -> Done:
    """Say what a tool saw and lost; `in_kernel`: it counts there, and hands no events over that could be lost."""
    counters = Counters(
        observed=seen + lost,
        submitted=0 if in_kernel else seen,
        reserve_failed=0 if in_kernel else lost,
        aggregated=seen if in_kernel else 0,
        map_full=0,
        checksum=0,
    )
    metrics = {"cpu_s": usage.cpu_s, **({"cpu_ns_per_event": usage.cpu_s * 1e9 / seen} if seen else {})}
    return Done(
        consumed=seen,
        unread=0,
        counters=counters,
        began_ns=usage.began_ns,
        last_consumed_ns=usage.ended_ns,
        reading=Reading(metrics=metrics),
    )
