"""How old an event is when its line can be read: the line has the event's time, and the file is seen to grow."""

import os
import re
import time
from bisect import bisect_left
from pathlib import Path

import numpy as np

from harness.probes.age import ages
from harness.probes.histogram import Histogram
from harness.probes.reading import Reading


class Growth:
    """Looks at a file from outside: an age is known to the time between two looks."""

    def __init__(self, file: Path, time_of: str) -> None:
        """Take an expression whose group is a time of CLOCK_MONOTONIC in a line, in nanoseconds."""
        self._file, self._time_of = file, re.compile(time_of.encode(), re.MULTILINE)
        self.begin()

    def begin(self) -> None:
        """Forget what was there before."""
        self._sizes: list[int] = []
        self._moments: list[int] = []
        self._file.unlink(missing_ok=True)

    def look(self) -> None:
        try:
            size = os.stat(self._file).st_size  # noqa: PTH116 - often
        except FileNotFoundError:
            return
        if not self._sizes or size > self._sizes[-1]:
            self._sizes.append(size)
            self._moments.append(time.monotonic_ns())

    def reading(self, written: bytes) -> Reading:
        """Return the ages of all lines that were seen to be there."""
        found = []
        for line in self._time_of.finditer(written):
            end = written.find(b"\n", line.end()) + 1
            place = bisect_left(self._sizes, end or len(written))
            if place < len(self._sizes):
                found.append(max(0, self._moments[place] - int(line[1])))
        histogram = Histogram()
        histogram.add(np.array(found, np.uint64))
        return ages(histogram.rows())
