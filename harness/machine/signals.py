"""The names of signals."""

from __future__ import annotations

import signal


def signal_name(number: int) -> str:
    """Name any signal; the real-time ones between the first and the last have no name of their own in Python."""
    try:
        return signal.Signals(number).name
    except ValueError:
        first = signal.SIGRTMIN
        return f"SIGRTMIN+{number - first}" if number > first else f"signal {number}"
