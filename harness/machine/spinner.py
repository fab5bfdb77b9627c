"""Keep one CPU busy, and print in nanoseconds the longest time in which nothing was done there.

A program of its own, started in a few milliseconds: python spinner.py CPU SECONDS
"""

import os
import sys
import time


def longest_gap_ns(until_ns: int) -> int:
    """Read the clock again and again; what lies between two reads is what someone else took."""
    clock = time.monotonic_ns
    longest, last = 0, clock()
    while last < until_ns:
        now = clock()
        longest = max(longest, now - last)
        last = now
    return longest


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    print(longest_gap_ns(time.monotonic_ns() + int(float(sys.argv[2]) * 1e9)))
