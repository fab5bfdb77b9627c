"""Spin on the ring, never sleep; decode each event and count by reason: isolates what sleeping costs."""

from modes.epoll import Epoll


class Busy(Epoll):
    waits = ("busy", "backoff")
