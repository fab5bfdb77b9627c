"""The same queue as in queue_limit, and a sender that has asked for errors (IP_RECVERR): it hears ENOBUFS."""

from traffic.situations.parts.queues import Waiting


class Case(Waiting):
    title = "datagrams into a queue (pfifo) that is full, of a sender with IP_RECVERR"
    hears_errors = True
