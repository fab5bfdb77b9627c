"""Hosts of a fleet with chosen speeds, for tests of what is computed from them and said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from results.fleet.matrix import Host
from tests.results.made_up import HOST, run, session

MODES = ("null", "epoll", "file")
PLAN = {"settings": [trial.setting.to_json() for mode in MODES for trial in run(1, modes=(mode,))]}


def host(
    name: str,
    *,
    host_class: str = "lab",
    speed: float = 1.0,
    slowed: Mapping[str, float] | None = None,
    lost: str | None = None,
    trials: int = 6,
    seed: int | None = None,
    machine: Mapping[str, object] | None = None,
) -> Host:
    """Make a host on which all takes `speed` times as long, and `slowed` modes so many times that."""
    if lost is not None:
        return Host(name, host_class, lost=lost)
    own = session(id=f"s-{name}-{seed}", host={**HOST, **(machine or {})})
    made = tuple(
        replace(
            trial,
            session=own.id,
            metrics={
                **trial.metrics,
                "cpu_ns_per_event": trial.metrics["cpu_ns_per_event"]
                * speed
                * (slowed or {}).get(trial.setting.mode, 1.0),
            },
        )
        for trial in run(trials, modes=MODES, seed=sum(name.encode()) if seed is None else seed)
    )
    return Host(name, host_class, (own,), made)
