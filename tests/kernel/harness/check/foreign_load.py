"""Burn one core on and off, at random, for a number of seconds: the neighbour that every shared runner has.

python tests/kernel/harness/check/foreign_load.py SECONDS [--steady]
"""

from __future__ import annotations

import random
import sys
import time


def main(seconds: float, *, steady: bool) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        burn_until = min(end, time.monotonic() + (seconds if steady else random.uniform(0.05, 2.0)))
        while time.monotonic() < burn_until:
            sum(range(1000))
        if not steady:
            time.sleep(random.uniform(0.05, 2.0))


if __name__ == "__main__":
    main(float(sys.argv[1]), steady="--steady" in sys.argv)
