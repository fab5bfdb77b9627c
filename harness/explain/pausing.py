"""Pause without work, without a system call (the clock is read in user space) and with warm caches."""

from harness.explain.pause import Pausing


class NullPausing(Pausing):
    pass
