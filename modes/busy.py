"""Spin on the ring and never sleep; decode each event and count by reason: shows what sleeping costs."""

from modes.epoll import Epoll


class Busy(Epoll):
    waits = ("busy", "backoff")
