"""Sleep in epoll_wait on the ring; decode each event and count by reason: the usual consumer."""

from modes._tally import Tally


class Epoll(Tally):
    waits = ("epoll",)
