"""The same queue as in queue_limit, and a sender that has asked for errors (IP_RECVERR): it hears ENOBUFS."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import queues
from traffic.situations.parts.datagrams import DatagramsSent


class Case(DatagramsSent):
    title = "datagrams into a queue (pfifo) that is full, of a sender with IP_RECVERR"
    payload = bytes(1000)
    hears_errors = True

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        queues.shape(bed.sender, "pfifo", limit=queues.ROOM)
