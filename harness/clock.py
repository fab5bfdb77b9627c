"""How long something has taken and, as far as what is done tells, how long it will take yet."""

import time

from results import units


class Clock:
    """Times what is made one after the other; it starts when it is made itself.

    `expected_s` is what one takes, until one was made here. With `ends_s` it ends after so long, however many it makes.
    """

    def __init__(self, *, expected_s: float | None = None, ends_s: float | None = None) -> None:
        self._began = self._last = time.monotonic()
        self._each_s = expected_s
        self._ends_s = ends_s
        self._made = 0

    def made(self) -> None:
        """Take note that one more is made."""
        self._made += 1
        self._last = time.monotonic()
        self._each_s = (self._last - self._began) / self._made

    def told(self, left: float | None, *, at_most: bool = False) -> str:
        """Say how long it took so far and, with so many left (None: nobody knows), how long it will go on."""
        now = time.monotonic()
        so_far = units.clock(now - self._began)
        if self._ends_s is not None:
            rest_s = self._began + self._ends_s - now
        elif left is None or self._each_s is None:
            return so_far
        else:
            rest_s = self._last + self._each_s * left - now
        return f"{so_far}, {'at most' if at_most else 'about'} {units.clock(max(0.0, rest_s))} left"
