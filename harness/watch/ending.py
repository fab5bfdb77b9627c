"""How watching ends: by a signal, whoever reads or does not read what it prints, and with all that a mode started."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from harness.consumer.containment import leavings
from harness.consumer.waits import StopSignal
from harness.machine import streams
from harness.machine.group import Group


@contextmanager
def ending_with_us() -> Iterator[None]:
    """End what a mode has started, and tell it. Its threads end with the process."""
    group = Group()
    os.environ |= group.environment
    group.admit(os.getpid())
    try:
        yield
    finally:
        threads = [thread.name for thread in threading.enumerate() if not thread.daemon][1:]
        for left in leavings(list(group.end().values()), threads):
            streams.say(f"bench: {left}")
        sys.stdout.flush()
        os.dup2(2, 1)  # what a mode has Python print at its end (atexit) is none of our output


class Stop(StopSignal):
    """Once somebody asked for the end, no pipe that nobody reads holds it up: the write that waits goes nowhere."""

    def _receive(self, number: int, frame: FrameType | None) -> None:
        super()._receive(number, frame)
        if self.received is not signal.SIGALRM:
            if number == signal.SIGALRM:
                streams.drop_unread()
            signal.setitimer(signal.ITIMER_REAL, streams.PATIENCE_S)
