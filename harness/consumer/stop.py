"""A request to stop that a waiting loop notices: signals as a flag and a readable descriptor."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType


class StopSignal:
    """Becomes true at one of the signals; its descriptor becomes readable too, so that epoll returns.

    Make it in the main thread. `received` is the first signal that came.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        self.requested = False
        self.received: signal.Signals | None = None
        self._read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end)
        for number in signals:
            signal.signal(number, self._receive)

    def fileno(self) -> int:
        return self._read_end

    def reset(self) -> None:
        """Forget a request, so that the next one is noticed."""
        self.requested = False
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_end, 1 << 12)

    def request(self) -> None:
        """Ask to stop without a signal; the descriptor stays as it is."""
        self.requested = True

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self.received = self.received or signal.Signals(number)
