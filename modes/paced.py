"""Sleep for an interval and take all there is; decode each event and count by reason: shows what wakeups cost."""

from modes.epoll import Epoll


class Paced(Epoll):
    waits = ("paced",)
