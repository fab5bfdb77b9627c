"""What the trials of all kinds share: their number in the session, where they run, and what is known meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from bpf.counters import Counters
from harness.tree import Tree
from results.blocks import Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where a trial stands in its session; `arm` only in a check. The traffic's randomness comes from `seed`."""

    session: str
    number: int
    block: int
    seed: int
    arm: Arm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the two processes run. No CPUs: the machine has only one, and nothing is pinned. No tree: in our own."""

    consumer_cpu: int | None
    generator_cpu: int | None
    consumer_tree: Tree | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known while a trial runs; all counts since its start. `unread` is None when aggregating.

    `consumer_pid` lets an observer stall the consumer (bench capacity --advise).
    """

    elapsed_s: float
    counters: Counters
    unread: int | None
    consumer_pid: int


OnProgress = Callable[[Progress], None]


def choose_place() -> Place:
    """Put consumer and generator on different CPUs where this process may use two."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return Place(consumer_cpu=None, generator_cpu=None)
    return Place(consumer_cpu=allowed[0], generator_cpu=allowed[1])
