"""Sleep in epoll_wait on the ring; decode each event and count by reason: the usual consumer."""

from modes.parts.counting import Tally


class Epoll(Tally):
    waits = ("epoll",)
