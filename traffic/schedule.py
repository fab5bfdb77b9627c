"""When each frame is due: pure arithmetic, made before the trial, blind to how the consumer fares (open loop).

A shape moves frames in time and leaves their number alone: over the trial each sends `rate` × duration on average, but
for `tail`, whose last second is slow.
"""

import math
import random
import re
from bisect import bisect_left
from typing import Protocol

from results.errors import BadInput, unknown

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
LONGEST_MS = 86_400_000
SHAPES = ("constant", "poisson", "burst:ON_MS,OFF_MS", "ramp", "tail")
TAIL_S = 1
TAIL_RATE = 1_000.0
_ARRIVALS_AT_ONCE = 256
_DIGITS = re.compile("[0-9.e+-]+")  # float() takes others, and 1_5
# A frame due at 10 ms and one due a rounding error before it are both due "not before" 10 ms.
_ROUNDING = 1e-6


class Schedule(Protocol):
    """Times are nanoseconds from the trial's start; frames are numbered from 0."""

    def due_before(self, elapsed_ns: int) -> int:
        """Count the frames due before a time."""

    def due_ns(self, frame: int) -> int:
        """Return the time at which a frame is due."""


class Constant:
    """Frames at equal distances, the first at once."""

    def __init__(self, rate: float) -> None:
        self._per_ns = rate / NS_PER_S

    def due_before(self, elapsed_ns: int) -> int:
        return math.ceil(elapsed_ns * self._per_ns - _ROUNDING)

    def due_ns(self, frame: int) -> int:
        return int(frame / self._per_ns)


class Poisson:
    """Frames independent of each other: exponential gaps, from a seed, drawn as they are needed."""

    def __init__(self, rate: float, seed: int) -> None:
        self._per_ns = rate / NS_PER_S
        self._random = random.Random(seed)
        self._due: list[float] = []
        self._latest = 0.0

    def due_before(self, elapsed_ns: int) -> int:
        while self._latest < elapsed_ns:
            self._draw()
        return bisect_left(self._due, elapsed_ns)

    def due_ns(self, frame: int) -> int:
        while len(self._due) <= frame:
            self._draw()
        return int(self._due[frame])

    def _draw(self) -> None:
        latest, gap, per_ns = self._latest, self._random.expovariate, self._per_ns
        for _ in range(_ARRIVALS_AT_ONCE):
            latest += gap(per_ns)
            self._due.append(latest)
        self._latest = latest


class Burst:
    """All of a period's frames in its first part, at a constant rate, then silence; a last period may be cut short."""

    def __init__(self, rate: float, on_ns: int, off_ns: int, duration_ns: int) -> None:
        self._on_ns = on_ns
        self._period_ns = on_ns + off_ns
        periods, rest_ns = divmod(duration_ns, self._period_ns)
        self._per_ns = rate / NS_PER_S * duration_ns / (periods * on_ns + min(rest_ns, on_ns))
        self._per_period = self._per_ns * on_ns

    def due_before(self, elapsed_ns: int) -> int:
        periods, rest_ns = divmod(elapsed_ns, self._period_ns)
        return math.ceil(periods * self._per_period + min(rest_ns, self._on_ns) * self._per_ns - _ROUNDING)

    def due_ns(self, frame: int) -> int:
        period = int(frame / self._per_period)
        return int(period * self._period_ns + (frame - period * self._per_period) / self._per_ns)


class Tail:
    """A constant rate until the last second, and in that 1,000 frames, or as many as a shorter trial has room for.

    Who tells a loss only when it reads on is given something to read.
    """

    def __init__(self, rate: float, duration_ns: int) -> None:
        self._tail_ns = max(0, duration_ns - TAIL_S * NS_PER_S)
        self._body, self._tail = Constant(rate), Constant(TAIL_RATE)
        self._frames = self._body.due_before(self._tail_ns)

    def due_before(self, elapsed_ns: int) -> int:
        if elapsed_ns <= self._tail_ns:
            return self._body.due_before(elapsed_ns)
        return self._frames + self._tail.due_before(elapsed_ns - self._tail_ns)

    def due_ns(self, frame: int) -> int:
        if frame < self._frames:
            return self._body.due_ns(frame)
        return self._tail_ns + self._tail.due_ns(frame - self._frames)


class Ramp:
    """A rate that grows linearly from nothing to twice the mean."""

    def __init__(self, rate: float, duration_ns: int) -> None:
        self._per_ns2 = rate / NS_PER_S / duration_ns

    def due_before(self, elapsed_ns: int) -> int:
        return math.ceil(elapsed_ns * abs(elapsed_ns) * self._per_ns2 - _ROUNDING)

    def due_ns(self, frame: int) -> int:
        return int(math.sqrt(frame / self._per_ns2))


def make_schedule(rate: float, duration_ns: int, shape: str = "constant", seed: int = 0) -> Schedule:
    """Make the schedule of a trial. Raises BadInput for a rate, a duration or a shape that is none."""
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"a rate is a number of drops per second above 0, not {rate:g}")
    if duration_ns <= 0:
        raise ValueError(f"a duration is above 0, not {duration_ns / NS_PER_S:g} s")
    on_ns, off_ns = check_shape(shape)
    name = shape.partition(":")[0]
    if name == "burst":
        return Burst(rate, on_ns, off_ns, duration_ns)
    if name == "poisson":
        return Poisson(rate, seed)
    if name == "ramp":
        return Ramp(rate, duration_ns)
    if name == "tail":
        return Tail(rate, duration_ns)
    return Constant(rate)


def check_shape(shape: str) -> tuple[int, int]:
    """Return a burst's nanoseconds on and off (0, 0 for other shapes). Raises BadInput for what is no shape."""
    name, _, settings = shape.partition(":")
    if name == "burst":
        try:
            on_ms, off_ms = (float(word) for word in settings.split(",") if _DIGITS.fullmatch(word))
        except ValueError as error:
            raise BadInput(f"a burst is burst:ON_MS,OFF_MS, as burst:10,90, not {shape!r}") from error
        if not (0 < on_ms <= LONGEST_MS and 0 <= off_ms <= LONGEST_MS):
            raise BadInput(f"a burst is on for more than 0 ms and off for 0 ms or more, within a day, not {shape!r}")
        return round(on_ms * NS_PER_MS), round(off_ms * NS_PER_MS)
    if shape not in SHAPES:
        names = [known.partition(":")[0] for known in SHAPES]
        raise unknown(f"no shape {shape!r}", name, names, f"there are {', '.join(SHAPES)}")
    return 0, 0
