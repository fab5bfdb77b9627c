"""Pause in system calls that do nothing but enter the scheduler."""

import os

from harness.explain.pause import Pausing


class NullCalling(Pausing):
    def fill(self) -> None:
        os.sched_yield()
