"""What a situation is: each file of traffic/situations is one, a row of the atlas that a run makes."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

from traffic.scene import Scene

Need = Literal["ipv6", "nft"]
Range = tuple[int, int | None]
"""The least and the most; None: there is no most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of what was done, as its two ends saw it.

    sent     what the kernel was given, in the situation's unit
    arrived  how much of it reached whoever it was meant for; None: nobody can know
    errors   what the sender was told, by the error's name, as ENOBUFS, and how often
    counters what a socket counted of its own, by side and name, that no file of its namespace shows
    """

    sent: int
    arrived: int | None
    errors: Mapping[str, int] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)


class Situation(ABC):
    """Something done to packets or sockets, again and again: the class `Case` of a file.

    The file's stem, with - for _, is its name; its docstring says why the kernel does so, where that surprises.

    A situation states as attributes of its class:

    title    what is done, in a few words
    times    how many times `do` does it
    unit     what is counted as sent and arrived: packets, bytes, messages, connections
    needs    what must be there beside the kernel; what only a set-up can tell, `set_up` tells by raising
    varies   what depends on timing, by name, with the range that it must lie in; all else must be equal in each run.
             A name is a drop reason, a counter as a witness names it ("receiver Udp.NoPorts"), or "arrived"
    source   where the kernel does it, of what surprises: file, function, release

    The engine makes a scene, calls `set_up`, waits until all is quiet, calls `do` once, and waits until nothing moves
    any more. What must still be open or alive meanwhile is left on `undo`, which is closed afterwards, unobserved.
    """

    title: str
    times: int = 10
    unit: str = "packets"
    needs: tuple[Need, ...] = ()
    varies: Mapping[str, Range] = {}
    source: str = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def set_up(self, bed: Scene, undo: ExitStack) -> None:  # noqa: B027 - some need nothing
        """Prepare the scene. What this kernel cannot do raises CannotRun, OSError or NetlinkError: the row says why."""

    @abstractmethod
    def do(self, bed: Scene, undo: ExitStack) -> Done:
        """Do it `times` times, wait for what it starts (timers, answers), and say what became of it."""


def waited(until: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, at most so long; return whether it is."""
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
